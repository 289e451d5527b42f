"""Previews of candidates: the correct pixels in the correct panels, and inputs that are refused."""

import io
import os
import sys

import numpy as np
import pytest
import yaml
from PIL import Image
from sample_images import encode_image, jpeg, picture

import sm_imgcheck
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


def render(what, spec=None, **options):
    spec, options = load(spec or SPEC), Options(**options, keep_arrays=True)
    return draw_candidate(process(what, spec, options, trace=trace_origins), spec, options)


@pytest.fixture
def panels(monkeypatch):
    """Draw something and return its panels by heading, as drawn; and its notes."""

    def draw_panels(what, spec=None, **options):
        held = {}

        def keep(panels, *, title, notes):
            held["panels"], held["notes"] = {panel.heading: panel for panel in panels}, [note.text for note in notes]
            return b""

        monkeypatch.setattr(sheet_module, "sheet", keep)
        render(what, spec, **options)
        draw_panels.notes = held["notes"]
        return held["panels"]

    return draw_panels


def scale(image):
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
def disable_likely_order(monkeypatch):
    """The likely order from the colors of these images is covered elsewhere."""
    monkeypatch.setattr(candidate, "_likely_order", lambda _: "")


def test_tensor_matching_the_spec_has_one_panel(panels):
    image = picture()
    found = panels(scale(image), assume={"channel_order": "RGB"})
    assert list(found) == [SEES]
    assert np.array_equal(found[SEES].pixels, image)
    assert found[SEES].lines == ("48x64 (HxW), read as RGB", "divided by 255")
    assert panels.notes == []


def test_bgr_tensor_has_a_panel_for_each_order(panels):
    image = picture()
    found = panels(scale(image[..., ::-1]), assume={"channel_order": "BGR"})
    assert list(found) == [SEES, MADE]
    assert np.array_equal(found[SEES].pixels, image[..., ::-1])
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR"


def test_bgr_tensor_of_unknown_values_has_both_panels(panels):
    smooth = np.random.default_rng(0).uniform(0, 1, (1, 48, 64, 3)).astype(np.float32)
    found = panels(smooth, assume={"channel_order": "BGR"})
    assert np.array_equal(found[MADE].pixels, found[SEES].pixels[..., ::-1])


def test_likely_order_is_drawn_with_a_label(panels, monkeypatch):
    rule = all_rules()["CHN104"]
    finding = Finding(code=rule.code, name=rule.name, severity=rule.severity, message="", actual="BGR")
    told = _likely_order(Result(candidate=Candidate(path="", kind="tensor"), findings=(finding,)))
    monkeypatch.setattr(candidate, "_likely_order", lambda _: told)
    image = picture()
    found = panels(scale(image[..., ::-1]))
    assert np.array_equal(found[SEES].pixels, image[..., ::-1])
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR, likely channel order"


def test_unscaled_values_are_drawn_white(panels):
    image = np.maximum(picture(), 2)
    found = panels(image[np.newaxis].astype(np.float32))
    assert (found[SEES].pixels == 255).all()
    assert found[SEES].lines[-1] == "100.0 % of the values are outside gray levels 0..255 (clipped)"
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[1] == "0..255, not scaled"


def test_values_scaled_twice_are_drawn_black(panels):
    image = picture()
    found = panels((image[np.newaxis] / 255 / 255).astype(np.float32))
    assert found[SEES].pixels.max() == 1
    assert np.array_equal(found[MADE].pixels, image)


def test_guessed_value_range_is_labeled(panels):
    smooth = np.random.default_rng(0).uniform(-1, 1, (1, 48, 64, 3)).astype(np.float32)
    found = panels(smooth)
    assert np.array_equal(found[MADE].pixels, np.rint((smooth[0] + 1) * 127.5).astype(np.uint8))
    assert found[MADE].lines[0] == "48x64 (HxW), read as RGB, value range is a guess"


def test_nan_values_are_marked_magenta(panels):
    tensor = scale(picture())
    tensor[0, 3, 4, 1] = np.nan
    found = panels(tensor)
    assert list(found) == [SEES]
    assert tuple(found[SEES].pixels[3, 4]) == (255, 0, 255)
    assert found[SEES].lines[-1] == "magenta: under 0.1 % of the values are NaN"
    assert panels.notes[-1].startswith("No tensor can be made: 1 values are not finite")


def test_first_image_of_a_batch_is_drawn(panels):
    images = [picture(seed=seed) for seed in range(3)]
    found = panels(np.concatenate([scale(image) for image in images]))
    assert np.array_equal(found[SEES].pixels, images[0])
    assert found[SEES].lines[0] == "48x64 (HxW), read as RGB, image 1 of 3"


def test_image_of_the_source_is_drawn_from_a_batch(panels):
    images = [picture(seed=seed) for seed in range(3)]
    source = encode_image(Image.fromarray(images[2]), "PNG")
    found = panels(np.concatenate([scale(image) for image in images]), source=source)
    assert list(found) == [SOURCE, SEES, TAKES]
    assert all(np.array_equal(panel.pixels, images[2]) for panel in found.values())
    assert found[SEES].lines[0] == "48x64 (HxW), read as RGB, image 3 of 3"


def test_source_determines_channel_order_without_assumption(panels):
    image = picture(96, 128)
    source = encode_image(Image.fromarray(image), "PNG")
    right = sm_imgcheck.convert(source, SPEC)
    found = panels(np.ascontiguousarray(right[..., ::-1]), source=source)
    assert list(found) == [SOURCE, SEES, MADE, TAKES]
    assert np.array_equal(found[SOURCE].pixels, image)
    assert np.array_equal(found[MADE].pixels, found[TAKES].pixels)
    assert np.array_equal(found[SEES].pixels, found[TAKES].pixels[..., ::-1])
    assert any(note.startswith("CHN101") for note in panels.notes)


@pytest.mark.slow
def test_unexplained_tensor_is_drawn_by_the_nearest_pipeline(panels):
    image = picture(96, 128)
    source = encode_image(Image.fromarray(image), "PNG")
    tensor = np.ascontiguousarray(sm_imgcheck.convert(source, SPEC)[..., ::-1])
    tensor += np.random.default_rng(0).normal(0, 2 / 255, tensor.shape).astype(np.float32)
    found = panels(tensor, source=source)
    assert list(found) == [SOURCE, SEES, MADE, TAKES]
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR, nearest known pipeline"
    assert np.abs(found[MADE].pixels.astype(int) - found[TAKES].pixels).mean() < 3


def test_gray_tensor_for_a_color_model_is_drawn_gray(panels):
    image = picture(channels=1)
    found = panels(image[..., 0])
    assert np.array_equal(found[MADE].pixels, np.repeat(image, 3, axis=-1))
    assert (found[SEES].lines[0], found[MADE].lines[0]) == ("48x64 (HxW), read as GRAY",) * 2


def test_values_of_unknown_mapping_are_stretched_to_full_range(panels):
    spec = {key: value for key, value in SPEC.items() if key != "value_range"} | {
        "normalize": {"mean": [0.1, 0.2, 0.3]}
    }
    tensor = np.linspace(-7, 29.3, 48 * 64, dtype=np.float32).reshape(1, 48, 64, 1)
    found = panels(tensor, spec)
    assert list(found) == [SPREAD]
    assert (found[SPREAD].pixels[0, 0].max(), found[SPREAD].pixels[-1, -1].min()) == (0, 255)


def test_quantized_integers_are_drawn_as_the_image(panels):
    spec = SPEC | {"dtype": "int8", "value_range": [-1, 1], "quantize": {"scale": 2 / 255, "zero_point": 0}}
    image = picture()
    source = encode_image(Image.fromarray(image), "PNG")
    found = panels(sm_imgcheck.convert(source, spec), spec)
    assert list(found) == [SEES]
    assert np.abs(found[SEES].pixels.astype(int) - image).max() <= 1
    assert found[SEES].lines[1] == "divided by 127.5, minus 1, quantized"


def test_opaque_alpha_is_drawn_as_rgb(panels):
    spec = SPEC | {"channel_order": "RGBA", "shape": ["N", 48, 64, 4]}
    image = picture(channels=4)
    image[..., 3] = 255
    found = panels(scale(image), spec)
    assert np.array_equal(found[SEES].pixels, image[..., :3])


def test_channels_first_tensor_is_drawn_with_a_layout_note(panels):
    image = picture()
    found = panels(scale(image).transpose(0, 3, 1, 2))
    assert np.array_equal(found[SEES].pixels, image)
    assert any(note.startswith("SHP105") for note in panels.notes)


@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4, 5, 6), (0, 48, 64, 3), (1, 48, 64, 5)])
def test_array_without_an_image_is_refused(shape):
    with pytest.raises(ImgcheckError, match="no image to draw of array"):
        render(np.ones(shape, np.float32))


@pytest.mark.parametrize("dtype", ["complex64", "bool", "int64"])
def test_complex_array_is_refused_and_other_dtypes_drawn(dtype):
    tensor = np.ones((1, 48, 64, 3), dtype)
    if dtype == "complex64":
        with pytest.raises(ImgcheckError, match="no image to draw of array"):
            render(tensor)
    else:
        assert render(tensor).startswith(b"\x89PNG")


def test_request_body_with_tensor_is_drawn(panels):
    image, out = picture(), io.BytesIO()
    np.save(out, scale(image))
    found = panels(out.getvalue(), content_type="application/x-npy")
    assert np.array_equal(found[SEES].pixels, image)


# Tensors without a spec


@pytest.fixture
def recognized_panels(monkeypatch):
    def draw_panels(what, **options):
        held = {}

        def keep(panels, *, title, notes):
            held["panels"], held["notes"] = {panel.heading: panel for panel in panels}, [note.text for note in notes]
            return b""

        monkeypatch.setattr(identified, "sheet", keep)
        draw_identified(identify_tensor(what, None, Options(**options, keep_arrays=True)))
        draw_panels.notes = held["notes"]
        return held["panels"]

    return draw_panels


def test_tensor_without_spec_is_drawn_from_its_values(recognized_panels):
    image = picture()
    found = recognized_panels(scale(image[..., ::-1]), assume={"channel_order": "BGR"})
    assert list(found) == [MADE]
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines == ("48x64 (HxW), read as BGR", "divided by 255")


def test_order_inferred_from_colors_is_labeled_likely(recognized_panels, monkeypatch):
    monkeypatch.setattr("sm_imgcheck.pipeline.measure.likely_order", lambda *_: ("BGR", 0.97))
    image = picture()
    found = recognized_panels(scale(image[..., ::-1]))
    assert np.array_equal(found[MADE].pixels, image)
    assert found[MADE].lines[0] == "48x64 (HxW), read as BGR, likely by its colors (97 %)"


def test_undetermined_channel_order_is_labeled_assumed(recognized_panels, monkeypatch):
    monkeypatch.setattr("sm_imgcheck.pipeline.measure.likely_order", lambda *_: ("", 0.0))
    assert recognized_panels(scale(picture()))[MADE].lines[0] == "48x64 (HxW), read as RGB, which is assumed"


@pytest.mark.parametrize("low", [-30, 0.25])
def test_values_of_unknown_mapping_without_spec_fill_the_range(recognized_panels, low):
    tensor = np.linspace(low, low + 7.3, 48 * 64 * 3, dtype=np.float32).reshape(1, 48, 64, 3)
    panel = recognized_panels(tensor)[SPREAD]
    assert (panel.pixels.min(), panel.pixels.max()) == (0, 255)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0, 1e30])
def test_constant_tensor_is_drawn_in_one_color(recognized_panels, value):
    panel = recognized_panels(np.full((1, 48, 64, 3), value, np.float32))[SPREAD]
    assert len(np.unique(panel.pixels.reshape(-1, 3), axis=0)) == 1


def test_tensor_with_source_has_two_panels_and_a_note(recognized_panels):
    image = picture(96, 128)
    source = encode_image(Image.fromarray(image), "PNG")
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
def test_array_without_an_image_is_refused_without_spec(recognized_panels, shape):
    with pytest.raises(ImgcheckError, match="no image to draw of array"):
        recognized_panels(np.ones(shape, np.float32))


# Images


def test_image_is_drawn_with_its_tensor_and_default_decode(panels):
    image = picture(96, 64)
    body = encode_image(Image.fromarray(image), "PNG")
    found = panels(body)
    assert list(found) == [SOURCE, TAKES, PLAIN]
    assert np.array_equal(found[SOURCE].pixels, image)
    tensor = sm_imgcheck.convert(body, SPEC)[0]
    assert np.array_equal(found[TAKES].pixels, np.rint(tensor * 255).astype(np.uint8))
    assert found[PLAIN].pixels.shape == image.shape
    assert np.array_equal(found[PLAIN].pixels, np.where(image == 0, 0, 255))


def test_default_decode_by_opencv_is_drawn_bgr(panels):
    spec = {"shape": ["N", 48, 64, 3], "dtype": "uint8", "channel_order": "RGB"}
    image = picture(48, 64)
    found = panels(encode_image(Image.fromarray(image), "PNG"), spec, decoded_by="opencv")
    assert np.array_equal(found[PLAIN].pixels, image[..., ::-1])
    assert found[PLAIN].lines[0] == "48x64 (HxW), uint8 BGR, read as RGB"


def test_source_is_drawn_with_exif_orientation_applied(panels):
    found = panels(jpeg(picture(48, 64), orientation=6))
    assert found[SOURCE].pixels.shape == (64, 48, 3)
    assert found[PLAIN].pixels.shape == (48, 64, 3)
    assert found[SOURCE].lines[-1] == "rotated by its orientation tag"


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "CMYK", "P", "1", "I;16"])
def test_source_of_each_mode_is_drawn(panels, mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((48, 64), 40_000, np.uint16))
    else:
        image = Image.new("L", (64, 48), 200).convert(mode)
    body = encode_image(image, "JPEG" if mode == "CMYK" else "PNG")
    shade = int(found[24, 32, 1]) if (found := panels(body)[SOURCE].pixels).shape == (48, 64, 3) else -1
    assert shade in range(*((150, 162) if mode == "I;16" else (255, 256) if mode == "1" else (192, 208)))


def test_transparent_source_is_drawn_on_white(panels):
    image = Image.new("RGBA", (64, 48), (10, 20, 30, 0))
    assert (panels(encode_image(image, "PNG"))[SOURCE].pixels == 255).all()


def test_image_refused_by_the_spec_is_drawn_without_tensor(panels):
    found = panels(jpeg(orientation=6), SPEC | {"decode": {"exif": "reject"}})
    assert list(found) == [SOURCE, PLAIN]
    assert panels.notes[-1].startswith("No tensor can be made")


def test_image_sent_as_request_is_drawn_without_default_decode(panels):
    spec = SPEC | {"payload": {"stack": "custom", "envelope": "image"}}
    assert list(panels(jpeg(), spec, as_sent=True)) == [SOURCE, TAKES]
    assert panels.notes == []
    assert list(panels(jpeg(), SPEC, as_sent=True)) == [SOURCE, TAKES, PLAIN]
    assert any(note.startswith("VAL101") for note in panels.notes)


@pytest.mark.parametrize("what", [b"", b"hello", jpeg()[:300]])
def test_unreadable_image_is_refused(what):
    with pytest.raises(ImgcheckError, match="no image to draw of bytes: "):
        render(what)


def test_y_plane_gray_model_has_gray_panels(panels):
    spec = SPEC | {"shape": ["N", 48, 64, 1], "channel_order": "GRAY", "decode": {"to_gray": "y_plane"}}
    found = panels(jpeg(), spec)
    assert list(found) == [SOURCE, TAKES, PLAIN]
    assert all((panel.pixels[..., 0] == panel.pixels[..., 2]).all() for panel in found.values())


# The options


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sm-imgcheck.yaml").write_text(yaml.safe_dump(SPEC))
    (tmp_path / "cat.jpg").write_bytes(jpeg())
    (tmp_path / "cat.png").write_bytes(encode_image(Image.fromarray(picture()), "PNG"))
    np.save("cat.npy", scale(picture()))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(jpeg())
    return tmp_path


@pytest.mark.parametrize(
    ("command", "name"), [("plan", "cat.jpg"), ("plan", "cat.npy"), ("validate", "cat.jpg"), ("identify", "cat.npy")]
)
@pytest.mark.sample(4)
def test_commands_write_the_preview_with_unchanged_output(folder, run_cli, command, name):
    bare = run_cli(command, name)
    assert run_cli(command, name, "--picture", "out.png") == bare
    with Image.open("out.png") as page:
        assert page.format == "PNG"
        assert page.width > 400
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith((".", "out"))) == ["out.png"]


def test_draw_function_gives_the_preview_of_the_command(folder, run_cli):
    for name in ("cat.jpg", "cat.npy"):
        assert run_cli("validate", name, "--picture", "out.png", "--force")[0] in (0, 1)
        with Image.open("out.png") as one, Image.open(io.BytesIO(sm_imgcheck.draw(name, SPEC))) as other:
            assert one.size[0] == other.size[0]
            assert np.array_equal(np.asarray(one)[100:500], np.asarray(other)[100:500])
    with pytest.raises(ImgcheckError, match=r"no image to draw of absent\.jpg"):
        sm_imgcheck.draw("absent.jpg", SPEC)


def test_standard_input_is_drawn_by_plan(folder, run_cli, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / "cat.jpg").read_bytes())))
    code, out, _ = run_cli("plan", "-", "--picture", "in.png")
    assert (code, out.splitlines()[0]) == (0, "stdin")
    run_cli("plan", "cat.jpg", "--picture", "file.png")
    with Image.open("in.png") as one, Image.open("file.png") as other:
        assert one.size == other.size


def test_different_preview_is_replaced_only_with_force(folder, run_cli):
    assert run_cli("plan", "cat.jpg", "--picture", "out.png")[0] == 0
    first = (folder / "out.png").read_bytes()
    assert run_cli("plan", "cat.jpg", "--picture", "out.png")[0] == 0  # the same bytes
    code, _, err = run_cli("plan", "cat.npy", "--picture", "out.png")
    assert (code, "--force replaces it" in err) == (2, True)
    assert (folder / "out.png").read_bytes() == first
    assert run_cli("plan", "cat.npy", "--picture", "out.png", "--force")[0] == 0
    assert (folder / "out.png").read_bytes() != first


@pytest.mark.parametrize("name", ["out.jpg", "out", "out.png/", "", "-", ".png", "..png", "out.gif"])
def test_preview_name_other_than_png_is_refused(folder, run_cli, name):
    for command in ("plan", "validate"):
        code, out, err = run_cli(command, "cat.jpg", "--picture", name)
        assert (code, out) == (2, "")
        assert "--picture" in err


def test_uppercase_png_suffix_is_accepted(folder, run_cli):
    assert run_cli("plan", "cat.jpg", "--picture", "OUT.PNG")[0] == 0
    assert (folder / "OUT.PNG").exists()


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_preview_over_its_input_is_refused(folder, run_cli, command):
    before = (folder / "cat.png").read_bytes()
    code, _, err = run_cli(command, "cat.png", "--picture", "./cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)
    assert (folder / "cat.png").read_bytes() == before


@POSIX
def test_preview_over_its_input_through_a_link_is_refused(folder, run_cli):
    before = (folder / "cat.png").read_bytes()
    (folder / "link.png").symlink_to("cat.png")
    code, _, err = run_cli("plan", "cat.png", "--picture", "link.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)
    assert (folder / "cat.png").read_bytes() == before


@pytest.mark.parametrize("spec", [(), ("-s", "sm-imgcheck.yaml")])
@pytest.mark.sample(2)
def test_identify_draws_with_and_without_a_spec(folder, run_cli, spec):
    code, _, err = run_cli("identify", "cat.npy", "--source", "cat.png", *spec, "--picture", "out.png")
    assert (code, err) == (0, "")
    with Image.open("out.png") as page:
        assert page.width == (3 if spec else 2) * 512 + (2 if spec else 1) * 20 + 48


def test_identify_preview_over_its_source_is_refused(folder, run_cli):
    code, _, err = run_cli("identify", "cat.npy", "--source", "cat.png", "--picture", "cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)


def test_validate_preview_over_its_source_is_refused(folder, run_cli):
    code, _, err = run_cli("validate", "cat.npy", "--source", "cat.png", "--picture", "cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)


def test_spec_test_preview_over_a_probe_is_refused(folder, run_cli):
    golden = [{"image": "cat.png", "tensor": "cat.npy"}]
    (folder / "golden.yaml").write_text(yaml.safe_dump(SPEC | {"golden": golden}))
    code, _, err = run_cli("spec", "test", "-s", "golden.yaml", "--picture", "cat.png", "--force")
    assert (code, "is the input of the preview" in err) == (2, True)


def test_unwritable_preview_path_is_reported(folder, run_cli):
    (folder / "folder.png").mkdir()
    for name, said in (("folder.png", "is a folder"), ("nowhere/out.png", "cannot be written")):
        code, _, err = run_cli("plan", "cat.jpg", "--picture", name)
        assert (code, said in err, "Traceback" in err) == (2, True, False)


@pytest.mark.parametrize("arguments", [("cat.jpg", "cat.npy"), ("photos",), ("@list.txt",), ("-",)], ids=" ".join)
def test_validate_draws_one_candidate(folder, run_cli, arguments):
    code, out, err = run_cli("validate", *arguments, "--picture", "out.png")
    assert (code, out) == (2, "")
    assert "--picture draws one candidate" in err


@pytest.mark.parametrize("command", ["plan", "validate"])
def test_undrawable_candidate_is_reported_before_the_error(folder, run_cli, command):
    (folder / "bad.jpg").write_bytes(b"hello")
    np.save("odd.npy", np.ones(7))
    for name in ("bad.jpg", "odd.npy", "absent.jpg"):
        code, out, err = run_cli(command, name, "--picture", "out.png")
        assert code == 2
        assert name in out
        assert f"no image to draw of {name}: " in err
        assert not (folder / "out.png").exists()


@POSIX
def test_unprintable_names_are_accepted(folder, run_cli):
    name = b"\xff\x1b[31m.npy"
    (folder / os.fsdecode(name)).write_bytes((folder / "cat.npy").read_bytes())
    code, _, err = run_cli("plan", os.fsdecode(name), "--picture", "out\x1b.png")
    assert (code, err) == (0, "")
    with Image.open("out\x1b.png") as page:
        assert page.width > 500


def test_handler_tensor_is_drawn(folder, run_cli):
    (folder / "inference.py").write_text(
        "import io, numpy\nfrom PIL import Image\n\n"
        "def input_fn(body, content_type):\n"
        "    image = numpy.asarray(Image.open(io.BytesIO(body)).convert('RGB'))\n"
        "    return (image[None, :, :, ::-1] / 255).astype('float32')\n"
    )
    code, out, err = run_cli("handler", "inference.py", "cat.png", "--picture", "out.png")
    assert (code, err) == (1, "")
    assert "CHN101" in out
    page = np.asarray(Image.open("out.png").convert("RGB"))
    frame = (page == (150, 150, 155)).all(axis=-1)
    row = frame[np.argmax(frame.sum(axis=1) > 200)].astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row, [0]])))
    top, factor = int(np.argmax(frame.sum(axis=1) > 200)) + 1, 512 // 64
    image = picture()
    render = [
        page[top : top + 48 * factor : factor, left + 1 : right - 1 : factor] for left, right in edges.reshape(-1, 2)
    ]
    assert len(render) == 4
    for panel, wanted in zip(render, (image, image[..., ::-1], image, image), strict=True):
        assert np.array_equal(panel, wanted)
