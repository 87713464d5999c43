"""The rules that are our own: each takes texts by path and returns findings. hack/lint runs them; lint_rules_test.py shows
that each can fail."""

import posixpath
import re

LAYERS = ["operator/base", "operator/http", "operator/kube", "operator/cache", "operator/runtime", "controllers", "operator/cli"]
MAIN = "operator/main.cpp"
ENGINE = LAYERS[:5]
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)
HTTP_ONLY = re.compile(r"^(cpprest|pplx|boost(?!/container/))/")  # containers are no web library
OPERANDS = re.compile(r"prometheus|alertmanager|grafana|fluent|loki", re.IGNORECASE)
COMMENT = re.compile(r"(?<!:)//.*")  # not in a URL
TEST = re.compile(r"_(test|fuzz|bench)\.(cpp|py)$|/testing/|/testdata/")
MAX_LINES = 600
REASON_FILES = re.compile(r"^operator/runtime/(conditions|controller|executor|grace)\.cpp$"
                          r"|^controllers/[a-z]+/(components|flow|kind|plan|report|running|stack_reference|status)\.cpp$")
POLICY_ALERT_FILES = re.compile(r"^controllers/(config/(slo|monitor)\w*|alertpolicy/alerts)\.cpp$")
ALL_IS_WELL = {"Reconciled", "Accepted", "Serving", "Loaded", "Idle", "NotStalled", "Flowing"}
NOT_REASONS = {
    "Ready", "Reconciling", "Available", "ConfigLoaded", "FlowHealthy",  # types of conditions
    "True", "False",
    "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "Pending",  # what the kubelet says
    "Rejected", "Firing", "Muted", "NoData",  # what an entry of a policy is
    "Observe", "Apply", "Reconcile",  # actions and names in logs
}
# Folders that exist on one machine only.
MACHINE = re.compile(r"(?<![\w.$}])/(work|root|home/\w+|tmp/(build|gb))/")


def rank(path):
    """The layer of a file or an include, lowest first; none for what is not ours."""
    if path == MAIN:
        return len(LAYERS)
    for number, folder in enumerate(LAYERS):
        if path.startswith(folder + "/"):
            return number
    return None


def layers(files):
    """Each layer includes only what stands below it; the web libraries are seen by operator/http alone."""
    web = {path for path, text in files.items() if path.endswith(".h") and any(map(HTTP_ONLY.match, INCLUDE.findall(text)))}
    for path, text in files.items():
        own = rank(path)
        if own is None or not path.endswith((".h", ".cpp")):
            continue
        for name in INCLUDE.findall(text):
            other = rank(name)
            if other is not None and other > own:
                yield f"{path} includes {name}, which stands above it"
            if HTTP_ONLY.match(name) and not path.startswith("operator/http/"):
                yield f"{path} includes {name}: only operator/http may"
            if name in web and not path.startswith("operator/http/"):
                yield f"{path} includes {name}, which is private to operator/http"
            if "/testing/" in name and not TEST.search(path):
                yield f"{path} includes {name}, which is for tests"


def engine_knows_no_operand(files):
    """The engine knows Kubernetes and nothing of what runs on it. Comments may speak of formats and give examples."""
    for path, text in files.items():
        if not path.startswith(tuple(layer + "/" for layer in ENGINE)) or TEST.search(path):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := OPERANDS.search(COMMENT.sub("", line)):
                yield f"{path}:{number} names {found.group()}"


def sizes(files):
    """A file that is longer holds more than one idea."""
    for path, text in files.items():
        made = path.startswith(("docs/kinds/", "crds/", "manifests/dashboards/")) or "/testdata/" in path or path.endswith(("go.sum", "go.mod", "LICENSE"))
        lines = text.count("\n")
        if not made and lines >= MAX_LINES:
            yield f"{path} has {lines} lines; {MAX_LINES} is the limit"


def machine_paths(files):
    """Nothing depends on the machine on which it was written."""
    for path, text in files.items():
        if path.startswith("hack/lint_rules"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := MACHINE.search(line):
                yield f"{path}:{number} names the path {found.group()}"


def links(files):
    """Links between the documents lead somewhere. `files` holds every file of the project."""
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), name)) if name else path
            if other not in files and not any(file.startswith(other + "/") for file in files):
                yield f"{path} links to {target}, which does not exist"
            elif anchor and anchor not in anchors(files.get(other, "")):
                yield f"{path} links to {target}, and there is no such heading"


def anchors(text):
    """The anchors that the headings of a Markdown text get on GitHub."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def runbooks(files):
    """Each reason that a condition or event can have, and each alert, has a page that says what to do; the index lists them."""
    pages = {path.removeprefix("docs/runbooks/").removesuffix(".md") for path in files if path.startswith("docs/runbooks/")}
    index = files.get("docs/runbooks/README.md", "")
    used = set()
    for path, text in files.items():
        for name in reasons(path, text) | alerts(path, text):
            used.add(name)
            if name in ALL_IS_WELL:
                if f"`{name}`" not in index:
                    yield f"docs/runbooks/README.md does not say that {name} means that all is well"
            elif name not in pages:
                yield f"{path} says {name}, and there is no docs/runbooks/{name}.md"
    for page in sorted(pages - {"README"}):
        if f"]({page}.md)" not in index:
            yield f"docs/runbooks/README.md does not list {page}.md"
        if page not in used:
            yield f"docs/runbooks/{page}.md is about something that nothing says"


def reasons(path, text):
    """Reasons of conditions and events. Any word of such a form in these files counts, unless it is known to be something else: a
    new reason cannot be overlooked."""
    if not REASON_FILES.search(path):
        return set()
    return set(re.findall(r'"([A-Z][a-z]+(?:[A-Z][a-z]+)*)"', text)) - NOT_REASONS


def alerts(path, text):
    """Alerts of the stack itself, and those that are made of policies. A word of such a form in those files is the name of one."""
    if path.startswith("controllers/config/rules/"):
        return set(re.findall(r"^\s*- alert: (\w+)", text, re.MULTILINE))
    is_maker = POLICY_ALERT_FILES.search(path) and not TEST.search(path)
    return set(re.findall(r'"((?:Slo|Monitor)(?:[A-Z][a-z]+)+)"', text)) if is_maker else set()
