"""MDL: the model and its predictions. ``features.discover`` runs the model and creates these findings."""

from __future__ import annotations

from sm_imgcheck.rules import Rule

MDL101 = Rule(
    "MDL101",
    "model-rejects-candidate",
    severity="error",
    doc="""The model's runtime does not accept the candidate.

    Rank, dtype or a fixed length of the candidate differs from the input that the model file declares. The message
    contains both, and the runtime's own error. An image file is a notice: it is not a tensor before it is converted.

    At an endpoint: status 400 or 500 with the same error.

    Convert the candidate (``sm-imgcheck convert``); ``sm-imgcheck explain "ERROR"`` has the fix in code.
    """,
)

MDL102 = Rule(
    "MDL102",
    "model-rejects-spec",
    severity="error",
    doc="""The model's runtime does not accept the tensor that the spec describes.

    The candidate was converted as the spec requires, and the runtime still rejects it: shape, layout or dtype of the
    spec differ from the model file.

    At an endpoint: status 400 or 500 for every request, even a correct one.

    Fix ``shape``, ``layout`` or ``dtype`` of the spec; ``sm-imgcheck spec import MODEL`` reads them from the model.
    """,
)

MDL103 = Rule(
    "MDL103",
    "prediction-changes",
    severity="error",
    doc="""The model's prediction differs between the candidate and the corrected tensor.

    The model ran twice: on the candidate unchanged, and on the output of ``convert``. Compared are the top class of a
    classifier, the set of classes with a score of 0.5 or more of a detector, and the class of more than 5 % of the
    pixels of a segmentation. The message has both predictions, and of distributions the total variation distance: 0 for
    equal ones, 1 for disjoint ones. Other findings of the candidate (channel order, value range) name the cause.

    At an endpoint: 200, and a wrong prediction.

    Fix the findings of the candidate; ``convert`` writes the corrected tensor.
    """,
)

MDL104 = Rule(
    "MDL104",
    "prediction-shifts",
    severity="warning",
    doc="""The model's prediction differs from that for the corrected tensor; what MDL103 compares does not.

    The total variation distance of the two predictions is above 0.05: probabilities and thresholds are off, and
    for other images the top class will change. For an embedding: the cosine of both is below 0.99, and searches find
    other neighbors.

    At an endpoint: 200, and wrong probabilities.

    Fix the findings of the candidate; ``convert`` writes the corrected tensor.
    """,
)

MDL105 = Rule(
    "MDL105",
    "model-run-failed",
    severity="error",
    doc="""The model could not be run on the candidate.

    Its process crashed, exceeded the limit of time or memory (``--timeout``, ``--memory``), or its outputs exceeded
    256 MiB. The process was ended, and the model is loaded again for the next candidate.

    At an endpoint: a timeout, or status 500.

    Raise the limit, or reduce the batch size.
    """,
)

MDL106 = Rule(
    "MDL106",
    "non-finite-prediction",
    severity="error",
    doc="""The model's prediction contains NaN or infinite numbers.

    Usual causes: values far outside of the trained range, such as 0..255 for a float16 model, or NaN in the input.

    At an endpoint: 200 with null or NaN in the response, or status 500 where JSON cannot contain them.

    Fix the findings of the candidate; if the prediction for the corrected tensor is not finite either, export
    the model in float32.
    """,
)
