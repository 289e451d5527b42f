"""Reports as exact strings, in text and machine formats."""

import json
from dataclasses import replace

import pytest
from report_values import CONTRACT, finding, image, plan, render_report, report_of, tensor, with_candidate

from sm_imgcheck import report
from sm_imgcheck.core.types import Candidate, Finding, Report, Result, Step
from sm_imgcheck.core.value_mapping import span
from sm_imgcheck.report.check import CheckContent
from sm_imgcheck.report.plan import PlanContent
from sm_imgcheck.report.spec import ShowContent
from sm_imgcheck.spec.parse import parse


def test_text_of_one_candidate_equals_expected_report():
    assert (
        render_report("text", [image("cat.jpg")])
        == """\
cat.jpg: JPEG, 375x500 (HxW), RGB, 8 bits, baseline 4:2:0
as decoded: uint8 [375, 500, 3] HWC RGB, 0..255
against small: float32 [N, 224, 224, 3] NHWC RGB, -1..1

2 findings:
  error  DTY101  wrong-dtype  dtype: got uint8, expected float32 [cast]
  error  SHP106  wrong-size   size: got 375x500 (HxW), expected 224x224 [resize_pillow]

Plan to the tensor that the model expects:
  1  decode         the model expects pixels
  2  resize_pillow  as specified (mode=stretch) [loses pixels]
  3  cast           the model expects float32 (dtype=float32)

2 errors; convert fixes all of them:

  sm-imgcheck convert photos -s small -o out
"""
    )


def test_shared_findings_are_listed_once_and_others_grouped():
    turned = finding("SRC201", "exif-orientation", "warning", "stored turned", actual="6", fixed_by="orient")
    results = [image(f"{n:02}.jpg", width=400 + n) for n in range(20)]
    results[3] = image("03.jpg", turned, width=403)
    results.append(
        Result(
            candidate=Candidate(path="bad.jpg", kind="unknown"),
            findings=(finding("SRC104", "truncated", message="ends early"),),
        )
    )
    results.append(tensor("x.npy"))
    assert (
        render_report("text", results, skipped_inputs={"hidden": 2, "other suffix": 1})
        == """\
22 candidates: 20 images, 1 tensor and 1 that cannot be used
against small: float32 [N, 224, 224, 3] NHWC RGB, -1..1

All 20 images, as decoded:
  error  DTY101  wrong-dtype  dtype: got uint8, expected float32 [cast]
  error  SHP106  wrong-size   size: got 375x400 to 375x419 (HxW), expected 224x224 [resize_pillow]

Plan that fixes them:
  1  decode         the model expects pixels
  2  resize_pillow  as specified (mode=stretch) [loses pixels]
  3  cast           the model expects float32 (dtype=float32)

Findings in some files only:
  error    SRC104  truncated         1 file: ends early [not fixable by convert]
      bad.jpg
  warning  SRC201  exif-orientation  1 image: stored turned [orient]
      03.jpg

Skipped: 2 hidden, 1 other suffix.
41 errors and 1 warning in 21 of 22 candidates; convert fixes 41 of them:

  sm-imgcheck convert photos -s small -o out
"""
    )


def test_long_groups_are_truncated_with_a_pointer_to_jsonl():
    lost = [
        Result(
            candidate=Candidate(path=f"{n}", kind="unknown"), findings=(finding("SRC104", "truncated", message="cut"),)
        )
        for n in range(99)
    ]
    text = render_report("text", lost)
    assert "99 files: cut" in text
    assert "0, 1, 2, 3, 4 and 94 more (--format jsonl lists all)" in text


def test_examples_show_the_differing_part_of_each_message():
    results = [
        image(
            f"{n}.jpg",
            finding(
                "VAL106", "non-finite", message=f"non-finite values: got {n} NaN, expected none", actual=f"{n} NaN"
            ),
        )
        for n in range(7)
    ]
    text = render_report("text", [*results, *(image(f"ok{n}.jpg") for n in range(9))])
    assert "7 images: non-finite values: got 0 NaN, 1 NaN or 2 NaN, ..., expected none" in text
    assert "      0.jpg: 0 NaN\n      1.jpg: 1 NaN\n" in text
    assert "      and 2 more (--format jsonl lists all)" in text


def test_finding_of_nearly_all_files_is_listed_with_its_count():
    results = [image(f"{n}.jpg") for n in range(19)] + [replace(image("good.jpg"), findings=(), plan=plan())]
    text = render_report("text", results)
    assert "wrong-dtype  19 of 20: dtype: got uint8" in text
    assert "Plan that fixes 19 of them:" in text
    assert "of their own" not in text


def test_partly_fixable_group_states_the_unfixable_count():
    stuck = finding("DTY101", "wrong-dtype", message="dtype: got uint8", expected="float32")
    results = [tensor(f"{n}", replace(stuck, fixed_by="cast" if n else None)) for n in range(3)]
    assert "wrong-dtype  dtype: got uint8 [cast, not for 1 of them]" in render_report("text", results)


def test_long_message_from_a_file_is_truncated():
    text = render_report("text", [tensor("x.npy", finding("SRC133", "corrupt-icc-profile", message="x" * 5000))])
    assert "x" * 300 + " ..." in text
    assert "x" * 301 not in text


def test_shared_plan_lists_only_common_parameters():
    def crop_result(top):
        step = Step(op="crop", params={"size": [224, 224], "order": top}, why=f"cut at {top}")
        return replace(image(f"{top}.jpg"), plan=plan(step))

    text = render_report("text", [crop_result(1), crop_result(2), crop_result(3)])
    assert "Plan that fixes them:\n  1  crop  (size=[224, 224])\n" in text


def test_step_with_header_parameter_names_the_property():
    step = Step(op="orient", params={"orientation": {"header": "orientation"}}, why="turned")
    text = render_report("text", [replace(image("x.jpg"), plan=plan(step))])
    assert "orient  turned (orientation=the file's orientation)" in text


def test_nan_count_is_in_the_first_line():
    facts = replace(tensor("x.npy").facts, nans=3, low=None, high=None)
    assert "x.npy: uint8 [375, 500, 3] HWC RGB, 3 NaNs\n" in render_report(
        "text", [with_candidate(tensor("x.npy"), facts=facts)]
    )


def test_missing_tensor_is_reported_with_the_reason():
    stuck = replace(
        tensor("x.npy", finding("VAL104", "out-of-range", message="odd values")), plan=None, skipped="say what they are"
    )
    assert "No tensor can be made:\n  say what they are\n" in render_report("text", [stuck])
    text = render_report("text", [stuck, stuck.with_path("y.npy")])
    assert "No tensor can be made for:\n  2 tensors: say what they are\n      x.npy and y.npy\n" in text


def test_reasons_that_differ_in_a_probability_are_one_group():
    stuck = [
        replace(tensor(f"{share}.npy"), plan=None, skipped=f"probably BGR ({share} %), not RGB")
        for share in ("92.4", "99", "100.0")
    ]
    text = render_report("text", stuck)
    assert "\n  3 tensors: probably BGR, not RGB\n      92.4.npy, 99.npy and 100.0.npy\n" in text


@pytest.mark.parametrize(
    ("results", "last"),
    [
        ([tensor("x.npy")], "OK: matches the spec."),
        (
            [tensor("x.npy"), tensor("y.npy", finding("CHN102", "assumed", "notice"))],
            "OK: all 2 candidates match the spec (1 notice).",
        ),
        ([tensor("x.npy", finding("VAL107", "constant-image", "warning"))], "1 warning; not fixable by convert."),
        ([], "No candidates."),
        (
            [tensor("x.npy", finding("DTY101", "wrong-dtype", fixed_by="cast"))] * 2,
            "2 errors in all 2 candidates; convert fixes all of them:",
        ),
        ([tensor("x.npy", finding("DTY101", "wrong-dtype", fixed_by="cast"))], "1 error; convert fixes it:"),
        (
            [
                tensor("x.npy", finding("DTY101", "wrong-dtype", fixed_by="cast")),
                tensor("y.npy", finding("SRC137", "transparent-image", "notice", fixed_by="color")),
            ],
            "1 error in 1 of 2 candidates (1 notice); convert fixes it:",
        ),
    ],
)
def test_text_ends_with_the_expected_total(results, last):
    assert (
        render_report("text", results).replace("\n\n  sm-imgcheck convert photos -s small -o out", "").splitlines()[-1]
        == last
    )


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("form", ["text", "html"])
def test_findings_of_a_tensor_that_requires_an_assumption_are_not_called_unfixable(form, number):
    result = replace(tensor("x.npy", finding("DTY101", "wrong-dtype")), plan=None, assumptions=("layout=NHWC",))
    text = render_report(form, [result] * number)
    assert "convert requires --assume layout=NHWC; if that is correct" in text
    assert "ixable" not in text


@pytest.mark.parametrize(
    ("results", "last"),
    [
        ([replace(image("x.jpg"), emitted="out/x.npy")], ["2 errors; 2 fixed.", "Written to out/x.npy."]),
        ([replace(image("x.jpg"), skipped="why")], ["2 errors; none fixed.", "No tensor was written."]),
        (
            [replace(image("x.jpg"), emitted="out/x.npy"), replace(image("y.jpg"), skipped="why")],
            [
                "4 errors in all 2 candidates; 2 fixed.",
                "1 tensor written; 1 of 2 candidates was not converted.",
            ],
        ),
    ],
)
def test_conversion_text_ends_with_the_expected_totals(results, last):
    assert render_report("text", results, command="", wanted=True).splitlines()[-2:] == last


HOSTILE = "\x1b[31m[bold]x[/bold]\u202egpj.\udcff\n.jpg"
SHOWN = r"\x1b[31m[bold]x[/bold]\u202egpj.\xff\x0a.jpg"


@pytest.mark.parametrize("form", ["text", "table"])
@pytest.mark.parametrize("many", [False, True])
def test_control_characters_of_names_are_escaped(form, many):
    bad = Result(
        candidate=Candidate(path=HOSTILE, kind="unknown"),
        findings=(finding("SRC104", "truncated", message=f"ends {HOSTILE}"),),
    )
    text = render_report(form, [bad, *([image("a.jpg")] if many else [])], terminal={"width": 200})
    assert SHOWN in text
    assert set(text) <= set(map(chr, range(32, 127))) | {"\n", "─"}


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_names_in_json_are_printable_ascii(form):
    text = render_report(
        form,
        [
            Result(
                candidate=Candidate(path=HOSTILE, kind="unknown"),
                skipped=HOSTILE,
                findings=(finding("SRC104", "t", message=HOSTILE),),
            )
        ],
    )
    assert set(text) <= set(map(chr, range(32, 127))) | {"\n"}
    record = json.loads(text.splitlines()[0]) if form == "jsonl" else json.loads(text)["results"][0]
    record["path"].encode("utf-8")
    assert bytes.fromhex(record["path_bytes"]).decode("utf-8", "surrogateescape") == HOSTILE
    assert record["path"] == record["skipped"] == record["findings"][0]["message"] == HOSTILE.replace("\udcff", r"\xff")


def test_table_equals_expected_report():
    results = [image(f"{n}.jpg") for n in range(3)] + [tensor("x.npy", finding("VAL107", "constant-image", "warning"))]
    assert (
        render_report("table", results, terminal={"width": 80})
        == """\
4 candidates: 3 images and 1 tensor
against small: float32 [N, 224, 224, 3] NHWC RGB, -1..1

All 3 images, as decoded:
 check          what                                        fixed by
──────────────────────────────────────────────────────────────────────────
 error DTY101   dtype: got uint8, expected float32          cast
 wrong-dtype
 error SHP106   size: got 375x500 (HxW), expected 224x224   resize_pillow
 wrong-size

Plan that fixes them:
 1  decode         the model expects pixels
 2  resize_pillow  as specified (mode=stretch) [loses pixels]
 3  cast           the model expects float32 (dtype=float32)

Findings in some files only:
 warning VAL107 constant-image  1 tensor: something; what it is [not fixable
   by convert]
     x.npy

6 errors and 1 warning in all 4 candidates; convert fixes 6 of them:

  sm-imgcheck convert photos -s small -o out
"""
    )


@pytest.mark.parametrize("width", [60, 80, 120])
def test_table_keeps_long_command_on_one_line(width):
    command = "sm-imgcheck convert 'a folder with spaces/" + "and a long name/" * 10 + "cat.jpg' -s small"
    text = render_report("table", [image("cat.jpg")], terminal={"width": width}, command=command, output="-o out")
    assert text.splitlines()[-1] == f"  {command} -o out"


def test_table_indents_rest_of_wrapped_name():
    name = "n" * 200
    first, second, *_ = render_report("table", [image(name)], terminal={"width": 80}).splitlines()
    assert first == "n" * 78
    assert second == "  " + "n" * 78
    several = [image("cat.jpg"), tensor(name, finding("VAL107", "constant-image", "warning"))]
    wrapped = [line for line in render_report("table", several, terminal={"width": 80}).splitlines() if "nnn" in line]
    assert [len(line) - len(line.lstrip()) for line in wrapped] == [5, 7, 7]


def test_table_has_colors_only_when_enabled():
    assert "\x1b[" in render_report("table", [image("x.jpg")], terminal={"color": True})
    assert "\x1b[" not in render_report("table", [image("x.jpg")])


def test_table_shows_reason_without_a_finding():
    stuck = replace(tensor("x.npy"), plan=None, skipped="say what they are")
    assert "say what they are" in render_report("table", [stuck])
    assert "fixed by" not in render_report("table", [stuck])


def test_notices_are_not_called_unfixable():
    text = render_report("table", [tensor("x.npy", finding("CHN102", "assumed", "notice"))])
    assert "not by convert" not in text


def test_mixed_folder_lists_plans_whose_counts_add_up():
    """The numbers under a kind add up to all of that kind."""
    usual = [image(f"u{n}.jpg") for n in range(5)]
    steps = usual[0].plan.steps
    turned = replace(usual[0], plan=plan(steps[0], Step(op="orient"), *steps[1:]))
    plain = replace(usual[0], plan=plan(*steps[1:]))
    other = replace(usual[0], plan=plan(*reversed(steps)))
    stuck = replace(usual[0], plan=None, skipped="because")
    done = replace(usual[0], plan=plan())
    text = render_report("text", [*usual, turned, turned, plain, other, stuck, done])
    assert "Plan that fixes 5 of them:" in text
    assert (
        """
The other 6 images:
  2: the same with orient
  1: the same without decode
  1: the same steps in another order: cast, resize_pillow, decode
  1: no steps needed
  1: no plan: see below
"""
        in text
    )


def test_many_different_plans_are_truncated():
    odd = [replace(image(f"{n}.jpg"), plan=plan(*[Step(op="crop")] * n)) for n in range(1, 20)]
    text = render_report("text", [image("a.jpg"), image("b.jpg"), *odd])
    assert "The other 19 images:" in text
    assert "  14: other plans (--format jsonl lists all)\n" in text


@pytest.mark.parametrize(
    ("results", "last"),
    [
        ([tensor("x.npy")], "Selected rules: no finding."),
        ([tensor("x.npy", finding("CHN102", "a", "notice"))], "Selected rules: 1 notice."),
        ([replace(tensor("x.npy"), plan=None, skipped="why")], "Selected rules: no finding."),
        ([Result(candidate=Candidate(path="x", kind="unknown"))], "Not checked: no image or tensor could be examined."),
        ([tensor("x.npy", finding("DTY101", "wrong-dtype"))], "1 error; not fixable by convert."),
    ],
)
def test_partial_rule_selection_does_not_report_ok(results, last):
    assert render_report("text", results, partial=True).splitlines()[-1] == last


def test_candidate_without_tensor_does_not_match_the_spec():
    stuck = replace(tensor("x.npy"), plan=None, skipped="why")
    assert render_report("text", [stuck]).endswith("No finding, but no tensor can be made.\n")
    assert render_report("text", [stuck, tensor("y.npy")]).endswith("1 of 2 candidates matches the spec.\n")


def test_unchecked_candidates_are_neither_clean_nor_with_findings():
    counts = Report().plus(Result(candidate=Candidate(path="x", kind="unknown"), bug="a bug"))
    assert (counts.candidates, counts.clean, counts.with_findings, counts.not_checked) == (1, 0, 0, 1)
    assert (counts.ok, counts.failed) == (0, 0)


@pytest.mark.parametrize(
    ("severity", "examined", "status", "code"),
    [
        ("", True, "ok", 0),
        ("notice", True, "ok", 0),
        ("warning", True, "ok", 0),
        ("error", True, "failed", 1),
        ("", False, "not checked", 1),
        ("notice", False, "not checked", 1),
        ("warning", False, "not checked", 1),
        ("error", False, "failed", 1),
    ],
)
def test_status_counts_agree_with_exit_code(severity, examined, status, code):
    findings = (finding("DTY101", "wrong-dtype", severity),) if severity else ()
    result = with_candidate(tensor("x.npy", *findings), facts=tensor("x.npy").facts if examined else None)
    assert result.status == status
    counts = Report().plus(result)
    assert (counts.ok, counts.failed, counts.not_checked) == tuple(
        int(one == status) for one in ("ok", "failed", "not checked")
    )
    assert counts.with_findings == (severity in {"warning", "error"})
    assert counts.exit_code("error") == code
    assert counts.exit_code("never") == 0
    assert counts.exit_code("unfixable") == code


def test_unchecked_candidates_are_counted_next_to_matching_ones():
    blind = replace(with_candidate(tensor("x.npy"), facts=None), plan=None)
    said = render_report("text", [tensor("y.npy"), blind]).splitlines()
    assert said[-2:] == [
        "1 of 2 candidates matches the spec.",
        "Not checked: 1 of 2 candidates: no image or tensor could be examined.",
    ]
    assert render_report("text", [blind]).splitlines()[-1] == "Not checked: no image or tensor could be examined."
    assert "contract." not in render_report("table", [blind])
    flawed = tensor("z.npy", finding("DTY101", "wrong-dtype", fixed_by="cast"))
    assert render_report("text", [flawed, blind]).splitlines()[-4:] == [
        "Not checked: 1 of 2 candidates: no image or tensor could be examined.",
        "1 error in 1 of 2 candidates; convert fixes it:",
        "",
        "  sm-imgcheck convert photos -s small -o out",
    ]
    broken = replace(blind, bug="a bug")
    assert render_report("text", [blind, broken, blind]).splitlines()[-1] == (
        "Not checked: 3 of 3 candidates: no image or tensor could be examined (2), a bug in sm-imgcheck (1)."
    )


def test_message_shared_by_several_files_is_prefixed_with_each():
    deep = finding("SRC138", "high-bit-depth", message="has 16 bits a sample")
    text = render_report("text", [image("a.png", deep), image("b.png", deep), *(image(f"{n}.jpg") for n in range(9))])
    assert "each of 2 images: has 16 bits a sample" in text


def test_narrow_terminal_table_equals_text():
    results = [image("x.jpg")]
    assert render_report("table", results, terminal={"width": 20}) == render_report("text", results)
    assert render_report("table", results, terminal={"width": 80}) != render_report("text", results)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-1.0, -0.0, "-1..0"),
        (float("nan"), float("nan"), ""),
        (None, 1.0, ""),
        (0, 255, "0..255"),
        (-0.25, 0.5, "-0.25..0.5"),
    ],
)
def test_value_span_is_formatted(low, high, said):
    assert span(low, high) == said


# Machine formats


def test_json_equals_the_documented_structure():
    results = [replace(image("cat.jpg"), emitted="out/cat.npy"), tensor("x.npy")]
    document = json.loads(render_report("json", results, skipped_inputs={"hidden": 1}))
    assert document["version"] == 4
    assert document["spec"] == {"name": "small", "sha256": "ab" * 32}
    cat, x = document["results"]
    assert (cat["path"], cat["kind"], cat["emitted"]) == ("cat.jpg", "image", "out/cat.npy")
    assert cat["findings"][0] == {
        "code": "DTY101",
        "name": "wrong-dtype",
        "severity": "error",
        "certainty": "certain",
        "probability": 1.0,
        "message": "dtype: got uint8, expected float32",
        "expected": "float32",
        "actual": "uint8",
        "fixed_by": "cast",
    }
    assert (x["findings"], x["emitted"]) == ([], None)
    assert set(x) == set(cat), "keys do not depend on what was found"
    assert (cat["status"], x["status"]) == ("failed", "ok")
    counts = {"candidates": 2, "ok": 1, "failed": 1, "not_checked": 0, "clean": 1, "with_findings": 1}
    assert document["summary"] | counts == document["summary"]
    assert document["summary"]["by_code"] == {"DTY101": 1, "SHP106": 1}
    assert document["summary"]["skipped_inputs"] == {"hidden": 1}


def test_empty_run_is_a_valid_json_document():
    assert json.loads(render_report("json", []))["results"] == []


def test_jsonl_writes_each_line_immediately():
    stream = report.reporter("jsonl", CheckContent(report_of()), report.Terminal())
    assert stream.open() == ""
    lines = [stream.row(result) for result in (image("a.jpg"), tensor("b.npy"))]
    assert [json.loads(line)["path"] for line in lines] == ["a.jpg", "b.npy"]
    assert all(line.count("\n") == 1 and line.endswith("\n") for line in lines)
    last = json.loads(stream.close(Report()))
    assert set(last) == {"version", "spec", "specs", "summary"}


def test_non_finite_numbers_are_null_in_json():
    facts = replace(tensor("x.npy").facts, low=float("-inf"), high=float("nan"))
    record = json.loads(render_report("jsonl", [with_candidate(tensor("x.npy"), facts=facts)]).splitlines()[0])
    assert (record["facts"]["low"], record["facts"]["high"]) == (None, None)


def test_number_of_groups_is_bounded():
    """The number of groups does not grow with the run, even if every file differs."""
    stream = report.reporter("text", CheckContent(report_of()), report.Terminal())
    for n in range(3000):
        odd = Finding(code=f"X{n}", name="odd", severity="error", message=f"{n}", expected=f"{n}", actual=f"{n}x{n}")
        stream.content.gather(replace(image(f"{n}.jpg", odd), skipped=f"reason {n}", plan=plan(Step(op=f"op{n}"))))
    digest = stream.content.digest
    assert len(digest.groups) == len(digest.stuck) == len(digest.routes) == 300
    assert digest.groups[next(key for key in digest.groups if key[1] == "DTY101")].files == 3000
    assert max(len(group.examples) for group in digest.groups.values()) == 5


# The trace of a plan


def test_plan_text_shows_facts_after_each_step():
    assert (
        PlanContent(replace(SPEC, contract=CONTRACT), "m").words(image("cat.jpg"))
        == """\
cat.jpg
to m: float32 [N, 224, 224, 3] NHWC RGB, -1..1

                    shape          layout  dtype  order  values
     before         [375, 500, 3]  HWC     uint8  RGB    0..255
  1  decode         [375, 500, 3]  HWC     uint8  RGB    0..255
       the model expects pixels
  2  resize_pillow  [375, 500, 3]  HWC     uint8  RGB    0..255
       as specified (mode=stretch) [loses pixels]
  3  cast           [375, 500, 3]  HWC     uint8  RGB    0..255
       the model expects float32 (dtype=float32)
"""
    )


SPEC = parse(
    {"shape": ["N", 224, 224, 3], "dtype": "float32", "channel_order": "RGB", "value_range": [-1, 1]}, source="m"
)


def test_plan_text_without_steps_or_plan_states_the_reason():
    assert "No steps: the tensor matches the spec" in PlanContent(SPEC, "m").words(
        replace(tensor("x.npy"), plan=plan())
    )
    assert "no plan: because" in PlanContent(SPEC, "m").words(replace(tensor("x.npy"), plan=None, skipped="because"))


def test_plan_json_has_steps_and_facts():
    document = PlanContent(SPEC, "m").record(image("cat.jpg"))
    assert [step["op"] for step in document["steps"]] == ["decode", "resize_pillow", "cast"]
    assert document["steps"][1]["params"] == {"mode": "stretch"}
    assert len(document["after"]) == 3
    none = PlanContent(SPEC, "m").record(replace(tensor("x.npy"), plan=None, skipped="because"))
    assert (none["steps"], none["skipped"], set(none)) == ([], "because", set(document))


def test_finding_of_all_files_with_different_messages_shows_an_example():
    wide = [image(f"{name}.jpg", finding("SRC113", "icc", "warning", f"has the profile {name!r}")) for name in "abc"]
    (line,) = (line for line in render_report("text", wide).splitlines() if "SRC113" in line)
    assert line.endswith("such as: has the profile 'a' [not fixable by convert]")


def test_message_of_one_file_is_not_attributed_to_others():
    pairs = [("box", "a (difference: at most 1)"), ("cat", "a (difference: at most 2)"), ("dog", "b")]
    results = [
        tensor(
            f"{n}",
            finding("PIX106", "interpolation-mismatch", message=f"kernel: got {was}, expected {wanted}", actual=was),
        )
        for n, (was, wanted) in enumerate(pairs)
    ]
    assert "interpolation-mismatch  kernel: got box or cat, expected a [" in render_report("text", results[:2])
    assert "interpolation-mismatch  such as: kernel: got box, expected a (difference: at most 1) [" in render_report(
        "text", results
    )


def test_each_golden_tensor_is_reported_separately():
    stages = ("crop", "resize", "decode")
    results = [
        with_candidate(
            tensor(f"{n}.npy", finding("GLD101", "golden-mismatch", message=f"first at {stage}")), kind="probe"
        )
        for n, stage in enumerate(stages)
    ]
    assert [f"1 probe: first at {stage}" in render_report("text", results) for stage in stages] == [True] * 3


def test_finding_of_half_the_files_is_not_reported_for_all():
    failed = finding("HND101", "handler-exception", message="it raised")
    results = [tensor("0"), tensor("1")]
    results += [Result(candidate=Candidate(path=name, kind="tensor"), findings=(failed,)) for name in ("bad", "worse")]
    text = render_report("text", results)
    assert "Both tensors" not in text
    assert "handler-exception  each of 2 tensors: it raised" in text
    assert "      bad and worse\n" in text


# Lines on terminals


class Words(report.ReportContent[str]):
    """A report of text, which is folded on a terminal."""

    folds = True

    def record(self, row):
        return {"row": row}

    def words(self, row):
        return row


WIDE = "\u5199\u771f" * 10
"""Characters of two columns."""
FOLDED = {
    "a short line": "a short line",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen": (
        "one two three four five six seven eight nine ten eleven\n  twelve thirteen fourteen"
    ),
    "  6,291  fits  the service model of a library, which may allow more; try it": (
        "  6,291  fits  the service model of a library, which may\n               allow more; try it"
    ),
    f"  envelope  fits  {'x' * 50}": f"  envelope  fits\n    {'x' * 50}",
    f"{'photos/' * 12}a.jpg: no body": f"{'photos/' * 12}a.jpg:\n  no body",
    f"In a shell:\n\n  tool {'--option ' * 9}\n\n  x = [{'1, ' * 30}]": (
        f"In a shell:\n\n  tool {'--option ' * 9}\n\n  x = [{'1, ' * 30}]"
    ),
    " " * 80: " " * 80,
    f"{WIDE}.jpg: one two three four five six": f"{WIDE}.jpg: one two three\n  four five six",
    f"a.jpg\n\n       resize {'as specified ' * 4}": (
        "a.jpg\n\n       resize as specified as specified as specified as\n         specified "
    ),
}


@pytest.mark.parametrize("words", FOLDED, ids=lambda words: words[:24].strip())
def test_terminal_folds_words_at_spaces_but_not_code(words):
    assert report.reporter("table", Words(), report.Terminal(width=60)).row(words) == FOLDED[words]
    assert report.reporter("text", Words(), report.Terminal(width=60)).row(words) == words


def test_terminal_does_not_fold_yaml():
    terminal = report.Terminal(width=60)
    shown = {form: report.reporter(form, ShowContent(), terminal).row(SPEC) for form in ("table", "text")}
    assert shown["table"] == shown["text"]
    assert max(map(len, shown["text"].splitlines())) > 60
