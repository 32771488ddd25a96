#! /bin/sh
# Runs all planted faults of the harness and has its reports for programs read
# by parsers: JUnit's XML and the lines of JSON are well-formed for each
# outcome, and say the same.
test -x "$builddir/tests/harness_faults$EXEEXT" || { echo "no harness_faults"; exit 77; }
python=${CAROM_PYTHON:-python3}
"$python" -c 'import json' >/dev/null 2>&1 || { echo "no $python"; exit 77; }
scratch=check-reports.tmp
rm -rf $scratch
mkdir $scratch || exit 99
trap 'rm -rf $scratch' 0
echo xx >$scratch/flaky
CAROM_FLAKY=$HOST_ROOT$PWD/$scratch/flaky
CAROM_FAILED=$HOST_ROOT$PWD/$scratch/failed
CAROM_SKIPS=
CAROM_MODES=
CAROM_JOBS=2
export CAROM_FLAKY CAROM_FAILED CAROM_SKIPS CAROM_MODES CAROM_JOBS
$EMULATOR "$builddir/tests/harness_faults$EXEEXT" --retries 3 --junit $scratch/ --json $scratch/ 'outcome/*' 'fixture/*' 'own_mode/*' \
	'fault/clean' 'fault/plain' 'fault/fatal' 'fault/entry_*' 'fault/abort' 'fault/segv' 'fault/hang' 'fault/exits' \
	'fault/leaks_file' 'fault/leaks_thread' 'fault/leaks_descriptor' 'fault/leaks_zombie' 'fault/skips' >$scratch/report 2>$scratch/errors
code=$?
test $code = 1 || { cat $scratch/report $scratch/errors; echo "exit code $code"; exit 1; }
"$python" - $scratch/harness_faults$EXEEXT <<'EOF'
import collections, json, sys
import xml.etree.ElementTree as ET

base = sys.argv[1]
lines = [json.loads(line) for line in open(base + ".json", encoding="utf-8")]
assert lines[0]["event"] == "begin" and lines[-1]["event"] == "end" and lines[-1]["stopped"] is None
cases = lines[1:-1]
assert len(cases) == lines[0]["cases"] and all(case["event"] == "case" for case in cases)
outcomes = collections.Counter(case["outcome"] for case in cases)
for name in ("passed", "failed", "skipped", "failed as expected", "flaky"):
    assert outcomes[name] == lines[-1][name] > 0, (name, outcomes, lines[-1])
for case in cases:
    assert (len(case["failures"]) > 0) == (case["outcome"] not in ("passed", "skipped")), case
    assert all(f["file"].endswith(".c") and f["line"] > 0 and f["text"] for f in case["failures"]), case

root = ET.parse(base + ".xml").getroot()
found = {suite.get("name"): suite for suite in root}
by_name = {}
for suite in root:
    assert int(suite.get("tests")) == len(suite.findall("testcase"))
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    for case in suite.findall("testcase"):
        by_name[case.get("classname") + "/" + case.get("name")] = case
assert int(root.get("failures")) == outcomes["failed"] and int(root.get("tests")) == len(cases)
element = {"failed": "failure", "skipped": "skipped", "failed as expected": "skipped", "flaky": "flakyFailure"}
for case in cases:
    node = by_name.pop(case["name"])
    inside = {child.tag for child in node} - {"system-out"}
    assert inside == ({element[case["outcome"]]} if case["outcome"] != "passed" else set()), (case, inside)
    if case["outcome"] == "failed":
        assert node.find("failure").get("message") and case["name"] in node.find("failure").text
assert not by_name
strange = next(case for case in cases if case["test"] == "strange_text")
assert "\u00e9" in strange["notes"][0] and "]]>" in strange["output"], strange
print(len(cases), "cases:", dict(outcomes))
EOF
test $? = 0 || exit 1

# What is left while another test program runs, which here has but its lock, is
# a stray: in both reports, and nobody's failure.  The lock is the one that all
# test programs of this user share, since all of them see what is left here.
test "$(uname)" = Linux && test -z "$EMULATOR" || exit 0
"$python" - $scratch "$builddir/tests/harness_faults" <<'EOF'
import fcntl, json, os, pwd, re, subprocess, sys
import xml.etree.ElementTree as ET

base, program = os.path.abspath(sys.argv[1]) + "/", sys.argv[2]
if subprocess.call([program, "--list", "fault/leaks_segment"], stdout=subprocess.DEVNULL) != 0:
    sys.exit(0)

# As harness/alone.c does with two files, and with whichever of the two locks
# APR uses: who opened one just when it was removed tries again.
def locked(file, how):
    fcntl.lockf(file, how)
    fcntl.flock(file, how)

folder = next((os.environ[name] for name in ("TMPDIR", "TMP", "TEMP") if os.environ.get(name)), "/tmp")
path = folder + "/carom-harness-" + pwd.getpwuid(os.geteuid()).pw_name + ".lock"
def shared(path):
    while True:
        lock = open(path, "a+")
        locked(lock, fcntl.LOCK_SH)
        if os.path.exists(path) and os.path.samestat(os.stat(path), os.fstat(lock.fileno())):
            return lock

first, second = shared(path), shared(path + ".2")
ran = subprocess.run([program, "--json", base + "s.json", "--junit", base + "s.xml", "fault/leaks_segment"],
                     stdout=subprocess.PIPE, universal_newlines=True)
left = re.search(r"/dev/shm/[^,\s]*", ran.stdout)
if left:
    os.unlink(left.group())
os.utime(path)
try:
    locked(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
    locked(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.unlink(path + ".2")
    os.unlink(path)
except BlockingIOError:
    pass
assert left and ran.returncode == 0, ran.stdout
strays = [json.loads(line) for line in open(base + "s.json", encoding="utf-8")][-1]["strays"]
assert len(strays) == 1, strays
assert left.group() in strays[0], strays
root = ET.parse(base + "s.xml").getroot()
session = next(suite for suite in root if suite.get("name") == "(session)")
assert session.get("tests") == session.get("failures") == root.get("failures") == "0" and root.get("tests") == "1"
assert session.find("system-out").text == strays[0] + "\n" and "# " + strays[0] + "\n" in ran.stdout
print("a stray:", strays[0])
EOF
