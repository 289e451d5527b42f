"""The page in a real browser: it renders, filters, prints, is accessible, and loads no other resource."""

import re
import shutil
from pathlib import Path

import pytest
from report_schemas import VALIDATORS
from report_values import finding, image, report_of
from sample_images import jpeg

from sm_imgcheck import report
from sm_imgcheck.cli import main
from sm_imgcheck.core.types import Report
from sm_imgcheck.report.check import CheckContent

SPEC = "{shape: [N, 64, 64, 3], dtype: float32, channel_order: RGB, value_range: [0, 1], resize: {mode: stretch}}\n"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MIB = 1 << 20


@pytest.fixture(scope="module")
def report_folder(tmp_path_factory):
    """A folder with the page of valid and invalid photos, one with an untrusted name and one with a long name."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "spec.yaml").write_text(SPEC)
    photos = folder / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (photos / name).write_bytes(jpeg())
    (photos / "half.jpg").write_bytes(jpeg()[:300])
    (photos / "<img src=x onerror=alert(1)>.jpg").write_text("<html>")
    (photos / "empty.jpg").touch()
    (photos / f"{'long-name-' * 20}.jpg").write_bytes(jpeg())
    words = ["validate", str(photos), "-s", str(folder / "spec.yaml"), "-q"]
    assert main([*words, "--output-file", f"html:{folder / 'page.html'}"]) == 1
    return folder


def test_page_has_counts_findings_and_previews(report_folder):
    text = VALIDATORS["html"]((report_folder / "page.html").read_text(encoding="utf-8"))
    for part in (
        "<dt>candidates</dt><dd>7</dd>",
        "SRC102 empty-file",
        "data:image/jpeg;base64,",
        "What the model expects",
    ):
        assert part in text
    assert len(text) < 2 * MIB


def test_page_previews_the_first_file_without_known_finding_of_each_group(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC)
    for name in ("a", "b", "c"):
        Path(f"{name}.jpg").write_bytes(jpeg())
    main(["validate", "a.jpg", "-s", "spec.yaml", "-q", "--write-baseline", "known.json"])
    words = ["validate", "a.jpg", "b.jpg", "c.jpg", "-s", "spec.yaml", "-q", "--baseline", "known.json"]
    assert main([*words, "--output-file", "html:page.html"]) == 1
    assert re.findall(r'class="path">(.*?)<', Path("page.html").read_text()) == ["b.jpg"]


@pytest.mark.slow
def test_page_is_the_same_for_every_number_of_workers(report_folder):
    for jobs in ("1", "2"):
        words = ["validate", str(report_folder / "photos"), "-s", str(report_folder / "spec.yaml"), "-q", "-j", jobs]
        main([*words, "--output-file", f"html:{report_folder / jobs}"])
    assert (report_folder / "1").read_bytes() == (report_folder / "2").read_bytes()


def test_page_is_bounded_for_many_files():
    content = CheckContent(report_of())
    stream = report.reporter("html", content, report.Terminal())
    counts = Report()
    parts = [stream.open()]
    for index in range(5_000):
        result = image(f"photos/{index}.jpg", finding(f"X{index}", "odd", message="m" * 500, expected=str(index)))
        content.gather(result)
        content.measure(result, size=index, seconds=0.1)
        parts.append(stream.row(result))
    text = "".join([*parts, stream.close(counts)])
    VALIDATORS["html"](text)
    assert len(text) < 5 * MIB
    assert "4,000 more files with findings" in text


def test_group_without_a_common_message_shows_each_of_its_examples():
    content = CheckContent(report_of())
    stream = report.reporter("html", content, report.Terminal())
    reasons = ["no end of image", "<b>truncated</b> at byte 300"]
    for number, reason in enumerate(reasons):
        content.gather(image(f"{number}.jpg", finding("SRC112", "corrupt-image", message=reason)))
    text = VALIDATORS["html"](stream.open() + stream.close(Report(candidates=2)))
    group = text[text.index("SRC112 corrupt-image") :]
    assert "<li>0.jpg: no end of image</li><li>1.jpg: &lt;b&gt;truncated&lt;/b&gt; at byte 300</li>" in group
    assert group.index("<details open>") < group.index("<li>0.jpg")
    assert text.count("<details open>") == 1


def test_page_of_rules_command_lists_the_rules(capsys):
    assert main(["rules", "--format", "html"]) == 0
    assert "SRC101" in VALIDATORS["html"](capsys.readouterr().out)


def test_charts_have_a_text_alternative(report_folder):
    text = (report_folder / "page.html").read_text(encoding="utf-8")
    assert text.count("<svg") == text.count('role="img"') == text.count('<svg role="img" viewBox=') > 0
    assert 'aria-label="Format: JPEG: 4"' in text


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright (the group browser)")
    with playwright.sync_playwright() as driver:
        instance = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield instance
        instance.close()


@pytest.fixture
def visit(browser, report_folder):
    """A function that opens the page; every console message and request of it is collected."""
    pages = []

    def open_page(**options):
        page = browser.new_page(**options)
        page.messages, page.requests = [], []
        page.on("console", lambda message: page.messages.append(message.text))
        page.on("pageerror", lambda error: page.messages.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto((report_folder / "page.html").as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_passes_accessibility_checks_without_requests(visit, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    page = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.messages == []
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
    page.evaluate("document.querySelector('meta[http-equiv]').remove()")
    violations = axe.Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in violations] == []


@pytest.mark.slow
def test_page_filters_by_rule_and_text_from_the_keyboard(visit):
    page = visit()
    page.focus("#code")
    page.select_option("#code", "SRC102")
    assert page.locator("tbody tr:visible").all_inner_texts()[0].split()[0].endswith("empty.jpg")
    assert page.locator("tbody tr:visible").count() == 1
    page.select_option("#code", "")
    page.focus("#text")
    page.keyboard.type("half.jpg")
    assert page.locator("tbody tr:visible").count() == 1
    assert "of" in page.inner_text("#shown")


@pytest.mark.slow
def test_page_is_complete_without_javascript(browser, report_folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((report_folder / "page.html").as_uri())
    assert not page.locator("#filter").is_visible()
    assert page.locator("tbody tr:visible").count() == 7
    assert page.locator("article:visible").count() >= 4
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [700, 1280])
def test_long_names_leave_half_of_the_table_to_the_findings(visit, width):
    page = visit(viewport={"width": width, "height": 900})
    names, findings = (page.locator(f"tbody td:nth-child({column})").first.bounding_box()["width"] for column in (1, 3))
    assert findings > names


@pytest.mark.slow
def test_page_prints_without_its_filter(visit, tmp_path):
    page = visit()
    page.pdf(path=str(tmp_path / "page.pdf"))
    assert Path(tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("#filter").is_visible()
