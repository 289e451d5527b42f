"""What is drawn of candidates: the right pixels in the right panels, and what is refused."""

import io
import os
import sys

import numpy as np
import pytest
import yaml
from pictures import encoded, jpeg, picture
from PIL import Image

import sm_imgcheck
from sm_imgcheck import cli
from sm_imgcheck.core.errors import ImgcheckError
from sm_imgcheck.core.types import Candidate, Finding, Options, Result
from sm_imgcheck.features.identify.source import trace_origins
from sm_imgcheck.features.identify.tensor import identify_tensor
from sm_imgcheck.features.pictures import candidate, identified
from sm_imgcheck.features.pictures import sheet as sheet_module
from sm_imgcheck.features.pictures.candidate import _likely_order, draw_candidate
from sm_imgcheck.features.pictures.identified import draw_identified
from sm_imgcheck.pipeline.process import process
from sm_imgcheck.rules import all_rules
from sm_imgcheck.spec.load import load

SPEC = {
    "shape": ["N", 48, 64, 3],
    "dtype": "float32",
    "channel_order": "RGB",
    "value_range": [0, 1],
    "resize": {"mode": "stretch"},
}
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs POSIX file names or rights")


def drawn(what, spec=None, **options):
    spec, options = load(spec or SPEC), Options(**options, keep_arrays=True)
    return draw_candidate(process(what, spec, options, trace=trace_origins), spec, options)


@pytest.fixture
def panels(monkeypatch):
    """Draw something and hand over its panels by their headings, as they go to the page; and its notes."""

    def of(what, spec=None, **options):
        held = {}

        def keep(panels, *, title, notes):
            held["panels"], held["notes"] = {panel.heading: panel for panel in panels}, [note.text for note in notes]
            return b""

        monkeypatch.setattr(sheet_module, "sheet", keep)
        drawn(what, spec, **options)
        of.notes = held["notes"]
        return held["panels"]

    return of


def scaled(image):
    return (image[np.newaxis] / np.float32(255)).astype(np.float32)


SEES, MADE, TAKES, PLAIN, SOURCE, SPREAD = (
    "What the model sees",
    "As created",
    "What the model expects",
    "Model input without preprocessing",
    "The source",
    "Minimum black, maximum white",
)


# Tensors


@pytest.fixture(autouse=True)
def undecided(monkeypatch):
    """What the colors of these pictures say of their order is another test's business."""
    monkeypatch.setattr(candidate, "_likely_order", lambda _: "")


def test_a_tensor_that_keeps_the_contract_is_drawn_once(panels):
    image = picture()
    found = panels(scaled(image), assume={"channel_order": "RGB"})
    assert list(found) == [SEES]
    assert np.array_equal(found[SEES].pixels, image)
    assert found[SEES].lines == ("48x64 (HxW), read as RGB", "divided by 255")
    assert panels.notes == []


def test_exchanged_channels_are_seen_at_a_glance(panels):
    image = picture()
    found = panels(scaled(image[..., ::-1]), assume={"channel_order": "BGR"})
    assert list(found) == [SEES, MADE]
    assert np.array_equal(found[SEES].pixels, image[..., ::-1])
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR"


def test_exchanged_channels_of_unknown_values_too(panels):
    smooth = np.random.default_rng(0).uniform(0, 1, (1, 48, 64, 3)).astype(np.float32)
    found = panels(smooth, assume={"channel_order": "BGR"})
    assert np.array_equal(found[MADE].pixels, found[SEES].pixels[..., ::-1])


def test_likely_order_is_drawn_with_a_label(panels, monkeypatch):
    rule = all_rules()["CHN104"]
    finding = Finding(code=rule.code, name=rule.name, severity=rule.severity, message="", actual="BGR")
    told = _likely_order(Result(candidate=Candidate(path="", kind="tensor"), findings=(finding,)))
    monkeypatch.setattr(candidate, "_likely_order", lambda _: told)
    image = picture()
    found = panels(scaled(image[..., ::-1]))
    assert np.array_equal(found[SEES].pixels, image[..., ::-1])
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR, likely channel order"


def test_numbers_that_were_never_scaled_are_white(panels):
    image = np.maximum(picture(), 2)
    found = panels(image[np.newaxis].astype(np.float32))
    assert (found[SEES].pixels == 255).all()
    assert found[SEES].lines[-1] == "100.0% of the values are outside gray levels 0..255 (clipped)"
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[1] == "0..255, not scaled"


def test_numbers_that_were_scaled_twice_are_black(panels):
    image = picture()
    found = panels((image[np.newaxis] / 255 / 255).astype(np.float32))
    assert found[SEES].pixels.max() == 1
    assert np.array_equal(found[MADE].pixels, image)


def test_a_range_that_is_only_guessed_is_called_a_guess(panels):
    smooth = np.random.default_rng(0).uniform(-1, 1, (1, 48, 64, 3)).astype(np.float32)
    found = panels(smooth)
    assert np.array_equal(found[MADE].pixels, np.rint((smooth[0] + 1) * 127.5).astype(np.uint8))
    assert found[MADE].lines[0] == "48x64 (HxW), read as RGB, value range is a guess"


def test_what_is_no_number_is_marked(panels):
    tensor = scaled(picture())
    tensor[0, 3, 4, 1] = np.nan
    found = panels(tensor)
    assert list(found) == [SEES]
    assert tuple(found[SEES].pixels[3, 4]) == (255, 0, 255)
    assert found[SEES].lines[-1] == "magenta: under 0.1% of the values are NaN"
    assert panels.notes[-1].startswith("No tensor can be made: 1 values are not finite")


def test_of_a_batch_the_first_image_is_drawn(panels):
    images = [picture(seed=seed) for seed in range(3)]
    found = panels(np.concatenate([scaled(image) for image in images]))
    assert np.array_equal(found[SEES].pixels, images[0])
    assert found[SEES].lines[0] == "48x64 (HxW), read as RGB, image 1 of 3"


def test_of_a_batch_the_image_of_the_source_is_drawn(panels):
    images = [picture(seed=seed) for seed in range(3)]
    source = encoded(Image.fromarray(images[2]), "PNG")
    found = panels(np.concatenate([scaled(image) for image in images]), source=source)
    assert list(found) == [SOURCE, SEES, TAKES]
    assert all(np.array_equal(panel.pixels, images[2]) for panel in found.values())
    assert found[SEES].lines[0] == "48x64 (HxW), read as RGB, image 3 of 3"


def test_a_source_shows_the_channels_that_nobody_vouched_for(panels):
    image = picture(96, 128)
    source = encoded(Image.fromarray(image), "PNG")
    right = sm_imgcheck.convert(source, SPEC)
    found = panels(np.ascontiguousarray(right[..., ::-1]), source=source)
    assert list(found) == [SOURCE, SEES, MADE, TAKES]
    assert np.array_equal(found[SOURCE].pixels, image)
    assert np.array_equal(found[MADE].pixels, found[TAKES].pixels)
    assert np.array_equal(found[SEES].pixels, found[TAKES].pixels[..., ::-1])
    assert any(note.startswith("CHN101") for note in panels.notes)


@pytest.mark.slow
def test_what_no_pipeline_explains_is_drawn_by_the_nearest(panels):
    image = picture(96, 128)
    source = encoded(Image.fromarray(image), "PNG")
    tensor = np.ascontiguousarray(sm_imgcheck.convert(source, SPEC)[..., ::-1])
    tensor += np.random.default_rng(0).normal(0, 2 / 255, tensor.shape).astype(np.float32)
    found = panels(tensor, source=source)
    assert list(found) == [SOURCE, SEES, MADE, TAKES]
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR, nearest known pipeline"
    assert np.abs(found[MADE].pixels.astype(int) - found[TAKES].pixels).mean() < 3


def test_gray_for_a_model_of_colors(panels):
    image = picture(channels=1)
    found = panels(image[..., 0])
    assert np.array_equal(found[MADE].pixels, np.repeat(image, 3, axis=-1))
    assert (found[SEES].lines[0], found[MADE].lines[0]) == ("48x64 (HxW), read as GRAY",) * 2


def test_numbers_that_neither_the_spec_nor_anything_explains(panels):
    spec = {key: value for key, value in SPEC.items() if key != "value_range"} | {
        "normalize": {"mean": [0.1, 0.2, 0.3]}
    }
    tensor = np.linspace(-7, 29.3, 48 * 64, dtype=np.float32).reshape(1, 48, 64, 1)
    found = panels(tensor, spec)
    assert list(found) == [SPREAD]
    assert (found[SPREAD].pixels[0, 0].max(), found[SPREAD].pixels[-1, -1].min()) == (0, 255)


def test_quantized_integers(panels):
    spec = SPEC | {"dtype": "int8", "value_range": [-1, 1], "quantize": {"scale": 2 / 255, "zero_point": 0}}
    image = picture()
    source = encoded(Image.fromarray(image), "PNG")
    found = panels(sm_imgcheck.convert(source, spec), spec)
    assert list(found) == [SEES]
    assert np.abs(found[SEES].pixels.astype(int) - image).max() <= 1
    assert found[SEES].lines[1] == "divided by 127.5, minus 1, quantized"


def test_alpha(panels):
    spec = SPEC | {"channel_order": "RGBA", "shape": ["N", 48, 64, 4]}
    image = picture(channels=4)
    image[..., 3] = 255
    found = panels(scaled(image), spec)
    assert np.array_equal(found[SEES].pixels, image[..., :3])


def test_channels_first(panels):
    image = picture()
    found = panels(scaled(image).transpose(0, 3, 1, 2))
    assert np.array_equal(found[SEES].pixels, image)
    assert any(note.startswith("SHP105") for note in panels.notes)


@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4, 5, 6), (0, 48, 64, 3), (1, 48, 64, 5)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ImgcheckError, match="no image to draw of array"):
        drawn(np.ones(shape, np.float32))


@pytest.mark.parametrize("dtype", ["complex64", "bool", "int64"])
def test_dtypes_that_no_model_takes(dtype):
    tensor = np.ones((1, 48, 64, 3), dtype)
    if dtype == "complex64":
        with pytest.raises(ImgcheckError, match="no image to draw of array"):
            drawn(tensor)
    else:
        assert drawn(tensor).startswith(b"\x89PNG")


def test_a_request_body_that_holds_a_tensor(panels):
    image, out = picture(), io.BytesIO()
    np.save(out, scaled(image))
    found = panels(out.getvalue(), content_type="application/x-npy")
    assert np.array_equal(found[SEES].pixels, image)


# Tensors of which no spec says anything


@pytest.fixture
def recognized_panels(monkeypatch):
    def of(what, **options):
        held = {}

        def keep(panels, *, title, notes):
            held["panels"], held["notes"] = {panel.heading: panel for panel in panels}, [note.text for note in notes]
            return b""

        monkeypatch.setattr(identified, "sheet", keep)
        draw_identified(identify_tensor(what, None, Options(**options, keep_arrays=True)))
        of.notes = held["notes"]
        return held["panels"]

    return of


def test_a_tensor_alone_is_drawn_by_its_own_numbers(recognized_panels):
    image = picture()
    found = recognized_panels(scaled(image[..., ::-1]), assume={"channel_order": "BGR"})
    assert list(found) == [MADE]
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines == ("48x64 (HxW), read as BGR", "divided by 255")


def test_order_inferred_from_colors_is_labeled_likely(recognized_panels, monkeypatch):
    monkeypatch.setattr("sm_imgcheck.pipeline.measure.likely_order", lambda *_: ("BGR", 0.97))
    image = picture()
    found = recognized_panels(scaled(image[..., ::-1]))
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR, likely by its colors (97%)"


def test_an_order_that_nothing_tells_is_called_assumed(recognized_panels, monkeypatch):
    monkeypatch.setattr("sm_imgcheck.pipeline.measure.likely_order", lambda *_: ("", 0.0))
    assert recognized_panels(scaled(picture()))[MADE].lines[0] == "48x64 (HxW), read as RGB, which is assumed"


@pytest.mark.parametrize("low", [-30, 0.25])
def test_numbers_of_no_known_mapping_fill_the_range(recognized_panels, low):
    tensor = np.linspace(low, low + 7.3, 48 * 64 * 3, dtype=np.float32).reshape(1, 48, 64, 3)
    panel = recognized_panels(tensor)[SPREAD]
    assert (panel.pixels.min(), panel.pixels.max()) == (0, 255)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, 1e30])
def test_a_tensor_of_one_value(recognized_panels, value):
    panel = recognized_panels(np.full((1, 48, 64, 3), value, np.float32))[SPREAD]
    assert len(np.unique(panel.pixels.reshape(-1, 3), axis=0)) == 1


def test_a_tensor_and_its_source(recognized_panels):
    image = picture(96, 128)
    source = encoded(Image.fromarray(image), "PNG")
    tensor = np.ascontiguousarray(sm_imgcheck.convert(source, SPEC)[..., ::-1])
    found = recognized_panels(tensor, source=source)
    assert list(found) == [SOURCE, MADE]
    assert np.array_equal(found[SOURCE].pixels, image)
    assert np.array_equal(found[MADE].pixels, np.rint(tensor[0, ..., ::-1] * 255))
    note = recognized_panels.notes[0]
    assert note.startswith("Created by: ")
    for words in (
        "stretched to 48x64",
        "Pillow bicubic",
        "BGR",
        "divided by 255",
        "(mean difference 0 gray levels)",
    ):
        assert words in note


@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4, 5, 6), (0, 48, 64, 3)])
def test_what_is_recognized_as_no_picture_is_refused(recognized_panels, shape):
    with pytest.raises(ImgcheckError, match="no image to draw of array"):
        recognized_panels(np.ones(shape, np.float32))


# Images


def test_an_image_its_tensor_and_its_plain_decode(panels):
    image = picture(96, 64)
    body = encoded(Image.fromarray(image), "PNG")
    found = panels(body)
    assert list(found) == [SOURCE, TAKES, PLAIN]
    assert np.array_equal(found[SOURCE].pixels, image)
    tensor = sm_imgcheck.convert(body, SPEC)[0]
    assert np.array_equal(found[TAKES].pixels, np.rint(tensor * 255).astype(np.uint8))
    assert found[PLAIN].pixels.shape == image.shape
    assert np.array_equal(found[PLAIN].pixels, np.where(image == 0, 0, 255))


def test_a_plain_decode_by_opencv_for_a_model_of_rgb_pixels(panels):
    spec = {"shape": ["N", 48, 64, 3], "dtype": "uint8", "channel_order": "RGB"}
    image = picture(48, 64)
    found = panels(encoded(Image.fromarray(image), "PNG"), spec, decoded_by="opencv")
    assert np.array_equal(found[PLAIN].pixels, image[..., ::-1])
    assert found[PLAIN].lines[0] == "48x64 (HxW), uint8 BGR, read as RGB"


def test_a_source_stands_upright(panels):
    found = panels(jpeg(picture(48, 64), orientation=6))
    assert found[SOURCE].pixels.shape == (64, 48, 3)
    assert found[PLAIN].pixels.shape == (48, 64, 3)
    assert found[SOURCE].lines[-1] == "rotated by EXIF orientation"


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "CMYK", "P", "1", "I;16"])
def test_a_source_of_every_mode_is_shown(panels, mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((48, 64), 40_000, np.uint16))
    else:
        image = Image.new("L", (64, 48), 200).convert(mode)
    body = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    shade = int(found[24, 32, 1]) if (found := panels(body)[SOURCE].pixels).shape == (48, 64, 3) else -1
    assert shade in range(*((150, 162) if mode == "I;16" else (255, 256) if mode == "1" else (192, 208)))


def test_what_shines_through_a_source_is_white(panels):
    image = Image.new("RGBA", (64, 48), (10, 20, 30, 0))
    assert (panels(encoded(image, "PNG"))[SOURCE].pixels == 255).all()


def test_an_image_that_the_spec_refuses_is_drawn_without_its_tensor(panels):
    found = panels(jpeg(orientation=6), SPEC | {"decode": {"exif": "reject"}})
    assert list(found) == [SOURCE, PLAIN]
    assert panels.notes[-1].startswith("No tensor can be made")


def test_an_image_that_is_its_own_request_is_drawn_as_an_image(panels):
    spec = SPEC | {"payload": {"stack": "custom", "envelope": "image"}}
    assert list(panels(jpeg(), spec, as_sent=True)) == [SOURCE, TAKES]
    assert panels.notes == []
    assert list(panels(jpeg(), SPEC, as_sent=True)) == [SOURCE, TAKES, PLAIN]
    assert any(note.startswith("VAL101") for note in panels.notes)


@pytest.mark.parametrize("what", [b"", b"hello", jpeg()[:300]])
def test_what_cannot_be_read_is_refused(what):
    with pytest.raises(ImgcheckError, match="no image to draw of bytes: "):
        drawn(what)


def test_a_gray_model_whose_decoder_makes_the_gray(panels):
    spec = SPEC | {"shape": ["N", 48, 64, 1], "channel_order": "GRAY", "decode": {"to_gray": "y_plane"}}
    found = panels(jpeg(), spec)
    assert list(found) == [SOURCE, TAKES, PLAIN]
    assert all((panel.pixels[..., 0] == panel.pixels[..., 2]).all() for panel in found.values())


# The options


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(yaml.safe_dump(SPEC))
    (tmp_path / "cat.jpg").write_bytes(jpeg())
    (tmp_path / "cat.png").write_bytes(encoded(Image.fromarray(picture()), "PNG"))
    np.save("cat.npy", scaled(picture()))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(jpeg())
    return tmp_path


@pytest.fixture
def say(capsys):
    """Run a command line in this process: exit code, stdout, stderr."""

    def run(*arguments):
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("command", "name"), [("plan", "cat.jpg"), ("plan", "cat.npy"), ("validate", "cat.jpg"), ("identify", "cat.npy")]
)
@pytest.mark.sample(4)
def test_the_commands_draw(place, say, command, name):
    bare = say(command, name)
    assert say(command, name, "--picture", "out.png") == bare
    with Image.open("out.png") as page:
        assert page.format == "PNG"
        assert page.width > 400
    assert sorted(path.name for path in place.iterdir() if path.name.startswith((".", "out"))) == ["out.png"]


def test_the_same_from_python(place, say):
    for name in ("cat.jpg", "cat.npy"):
        assert say("validate", name, "--picture", "out.png", "--force")[0] in (0, 1)
        with Image.open("out.png") as one, Image.open(io.BytesIO(sm_imgcheck.draw(name, SPEC))) as other:
            assert one.size[0] == other.size[0]
            assert np.array_equal(np.asarray(one)[100:500], np.asarray(other)[100:500])
    with pytest.raises(ImgcheckError, match=r"no image to draw of absent\.jpg"):
        sm_imgcheck.draw("absent.jpg", SPEC)


def test_standard_input_is_drawn_by_plan(place, say, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((place / "cat.jpg").read_bytes())))
    code, out, _ = say("plan", "-", "--picture", "in.png")
    assert (code, out.splitlines()[0]) == (0, "stdin")
    say("plan", "cat.jpg", "--picture", "file.png")
    with Image.open("in.png") as one, Image.open("file.png") as other:
        assert one.size == other.size


def test_what_is_written_is_not_replaced_without_force(place, say):
    assert say("plan", "cat.jpg", "--picture", "out.png")[0] == 0
    first = (place / "out.png").read_bytes()
    assert say("plan", "cat.jpg", "--picture", "out.png")[0] == 0  # the same bytes
    code, _, err = say("plan", "cat.npy", "--picture", "out.png")
    assert (code, "--force replaces it" in err) == (2, True)
    assert (place / "out.png").read_bytes() == first
    assert say("plan", "cat.npy", "--picture", "out.png", "--force")[0] == 0
    assert (place / "out.png").read_bytes() != first


@pytest.mark.parametrize("name", ["out.jpg", "out", "out.png/", "", "-", ".png", "..png", "out.gif"])
def test_only_png_files_are_written(place, say, name):
    for command in ("plan", "validate"):
        code, out, err = say(command, "cat.jpg", "--picture", name)
        assert (code, out) == (2, "")
        assert "--picture" in err


def test_a_suffix_in_capitals_will_do(place, say):
    assert say("plan", "cat.jpg", "--picture", "OUT.PNG")[0] == 0
    assert (place / "OUT.PNG").exists()


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_nothing_is_drawn_over_what_it_is_drawn_of(place, say, command):
    before = (place / "cat.png").read_bytes()
    code, _, err = say(command, "cat.png", "--picture", "./cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)
    assert (place / "cat.png").read_bytes() == before


@POSIX
def test_nor_through_a_link(place, say):
    before = (place / "cat.png").read_bytes()
    (place / "link.png").symlink_to("cat.png")
    code, _, err = say("plan", "cat.png", "--picture", "link.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)
    assert (place / "cat.png").read_bytes() == before


@pytest.mark.parametrize("spec", [(), ("-s", "sm-imgcheck.yaml")])
@pytest.mark.sample(2)
def test_identify_draws_with_and_without_a_spec(place, say, spec):
    code, _, err = say("identify", "cat.npy", "--source", "cat.png", *spec, "--picture", "out.png")
    assert (code, err) == (0, "")
    with Image.open("out.png") as page:
        assert page.width == (3 if spec else 2) * 512 + (2 if spec else 1) * 20 + 48


def test_identify_draws_nothing_over_what_it_is_drawn_of(place, say):
    code, _, err = say("identify", "cat.npy", "--source", "cat.png", "--picture", "cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)


def test_nor_over_the_source(place, say):
    code, _, err = say("validate", "cat.npy", "--source", "cat.png", "--picture", "cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)


def test_nor_over_a_probe(place, say):
    golden = [{"image": "cat.png", "tensor": "cat.npy"}]
    (place / "golden.yaml").write_text(yaml.safe_dump(SPEC | {"golden": golden}))
    code, _, err = say("spec", "test", "-s", "golden.yaml", "--picture", "cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)


def test_a_place_that_cannot_be_written_is_said(place, say):
    (place / "folder.png").mkdir()
    for name, said in (("folder.png", "is a folder"), ("nowhere/out.png", "cannot be written")):
        code, _, err = say("plan", "cat.jpg", "--picture", name)
        assert (code, said in err, "Traceback" in err) == (2, True, False)


@pytest.mark.parametrize("arguments", [("cat.jpg", "cat.npy"), ("photos",), ("@list.txt",), ("-",)], ids=" ".join)
def test_validate_draws_one_candidate(place, say, arguments):
    code, out, err = say("validate", *arguments, "--picture", "out.png")
    assert (code, out) == (2, "")
    assert "--picture draws one candidate" in err


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_what_cannot_be_drawn_is_reported_first(place, say, command):
    (place / "bad.jpg").write_bytes(b"hello")
    np.save("odd.npy", np.ones(7))
    for name in ("bad.jpg", "odd.npy", "absent.jpg"):
        code, out, err = say(command, name, "--picture", "out.png")
        assert code == 2
        assert name in out
        assert f"no image to draw of {name}: " in err
        assert not (place / "out.png").exists()


@POSIX
def test_names_of_every_sort(place, say):
    name = b"\xff\x1b[31m.npy"
    (place / os.fsdecode(name)).write_bytes((place / "cat.npy").read_bytes())
    code, _, err = say("plan", os.fsdecode(name), "--picture", "out\x1b.png")
    assert (code, err) == (0, "")
    with Image.open("out\x1b.png") as page:
        assert page.width > 500


def test_what_a_handler_makes_is_drawn(place, say):
    (place / "inference.py").write_text(
        "import io, numpy\nfrom PIL import Image\n\n"
        "def input_fn(body, content_type):\n"
        "    image = numpy.asarray(Image.open(io.BytesIO(body)).convert('RGB'))\n"
        "    return (image[None, :, :, ::-1] / 255).astype('float32')\n"
    )
    code, out, err = say("handler", "inference.py", "cat.png", "--picture", "out.png")
    assert (code, err) == (1, "")
    assert "CHN101" in out
    page = np.asarray(Image.open("out.png").convert("RGB"))
    frame = (page == (150, 150, 155)).all(axis=-1)
    row = frame[np.argmax(frame.sum(axis=1) > 200)].astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
    top, factor = int(np.argmax(frame.sum(axis=1) > 200)) + 1, 512 // 64
    image = picture()
    drawn = [
        page[top : top + 48 * factor : factor, left + 1 : right - 1 : factor] for left, right in edges.reshape(-1, 2)
    ]
    assert len(drawn) == 4
    for panel, wanted in zip(drawn, (image, image[..., ::-1], image, image), strict=True):
        assert np.array_equal(panel, wanted)
