# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual says what the programs do: options, examples, palettes, functions.

Not under sanitizers: it is about the text, and links a plain program.
"""
# Not under sanitizers: see above
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

SRC, BIN, BUILD = (Path(os.environ[name]) for name in ("SRC", "BIN", "BUILD"))
PAGES = sorted((SRC / "Documentation/man").glob("*.[1-8]"))
TOOLS = sorted(path.name for path in BIN.glob("perf-*"))
wrong = []


def check(ok, text):
    if not ok:
        wrong.append(text)


def output(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def help_options(tool):
    """{long name: (letter, argument)} as the help has them."""
    found = {}
    for line in output(BIN / tool, "--help", check=True).stdout.splitlines():
        match = re.match(r"  (?:-(.),|   ) --([a-z-]+)(?: (\S+))?(\[=\S+\])?(?:  |$)", line)
        if match:
            found[match[2]] = (match[1], match[3] or match[4])
    return found


def page_options(page):
    """The same from the .It lines of a page; choices are written "a | b" there."""
    found = {}
    for line in page.read_text().splitlines():
        match = re.match(r"\.It (?:Fl (\S) , )?Fl \\-([a-z-]+)(?: (.*))?$", line)
        if match:
            argument = match[3] and re.sub(r"^(Ar|Cm) ", "", match[3])
            argument = argument and re.sub("^(?:Ns Op = )Ns Ar (.*)", r"[=\1]", argument)
            argument = argument and argument.replace(" Ns Op , Ns Ar ", "[,").replace(
                " No ...", "...]").replace(" | ", "|").replace(" Ns Op ", "[")
            if argument and argument.count("[") > argument.count("]"):
                argument += "]"  # .Op closes itself
            found[match[2]] = (match[1], argument)
    return found


def check_options(tool):
    page = SRC / f"Documentation/man/{tool}.1"
    check(page.exists(), f"{tool} has no manual page")
    if not page.exists():
        return
    lower = lambda found: {name: (letter, arg and arg.lower())
                           for name, (letter, arg) in found.items()}
    of_help, of_page = lower(help_options(tool)), lower(page_options(page))
    check(len(of_help) > 10, f"{tool} --help: {len(of_help)} options found")
    for name in sorted(of_help.keys() | of_page.keys()):
        check(of_help.get(name) == of_page.get(name),
              f"{tool} --{name}: {of_help.get(name)} in the help, {of_page.get(name)} in the page")


def check_help(tool):
    lines = output(BIN / tool, "-h", check=True).stdout.splitlines()
    # Two screens; perf-flame has flamegraph.pl's options besides.
    most = 120 if tool == "perf-flame" else 80
    check(len(lines) < most, f"{tool} --help: {len(lines)} lines")
    check(all(len(line) <= 80 for line in lines), f"{tool} --help: a line of more than 80 columns")
    check(lines[0].startswith(f"Usage: {tool} "), f"{tool} --help: begins with {lines[0]!r}")
    return lines[:3]


def commands(text):
    """The words of each of our commands in shell text."""
    for part in re.split(r"\||\n", text.replace("|\n", "|").replace("\\\n", " ")):
        words = shlex.split(re.sub(r"^\s*[$#] ", "", part), comments=False)
        for i, word in enumerate(words):
            if word in TOOLS:
                end = next((j for j in range(i, len(words)) if words[j] in (">", "2>")), None)
                yield words[i:end]
                break


def check_examples(page):
    """Each command is understood: with --help, it is parsed to its end and not run."""
    text = page.read_text()
    shown = "\n".join(re.findall(r"^\.Dl (.*)$", text, re.M) + [
        block for block in re.findall(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed$", text,
                                      re.M | re.S)])
    shown = re.sub(r"\$\([^)]*\)", "1", shown.replace("\\-", "-"))	# what other commands print
    found = list(commands(shown))
    for words in found:
        result = output(BIN / words[0], "--help", *words[1:])
        check(result.returncode == 0, f"{page.name}: {shlex.join(words)}: {result.stderr}")
    return len(found)


def check_lint(page):
    if shutil.which("mandoc"):
        result = output("mandoc", "-Tlint", "-Wwarning", page)
        check(result.returncode == 0, result.stdout + result.stderr)
    result = output("man", "--warnings", "-l", page, env=dict(os.environ, MANPAGER="cat"))
    check(result.returncode == 0 and not result.stderr, f"{page.name}: {result.stderr}")


def check_palettes():
    text = (SRC / "Documentation/man/perflame.7").read_text()
    section = text.split(".Ss Palettes", 1)[1].split(".Ss ", 1)[0]
    written = {name for line in re.findall(r"^\.It Cm (.*)$", section, re.M)
               for name in line.split(" , ")}
    told = output(BIN / "perf-flame", "--colors", "?", "x").stderr
    known = set(re.search(r"must be one of: (.*)$", told, re.M)[1].split(", "))
    check(written == known, f"palettes: {sorted(written ^ known)} only on one side")


def check_functions(text):
    exported = (SRC / "lib/libperflame.map").read_text()
    names = set(re.findall(r"\bFn (pfl_\w+)", text))
    check(len(names) > 10, "libperflame.3 names no functions")
    for name in sorted(names):
        check(re.search(rf"\b{name};", exported), f"libperflame.3: {name} is not exported")


def check_program(text):
    """The example compiles without a warning, links, and reports what it cannot read."""
    source = re.search(r"^\.Bd -literal\n(.*?)^\.Ed$", text, re.M | re.S)[1]
    Path("example.c").write_text(source.replace("\\e", "\\"))
    lib = BUILD / "lib"
    result = output(*shlex.split(os.environ.get("CC") or "cc"), "-std=gnu11", "-Wall", "-Wextra",
                    "-Werror", f"-I{SRC}/lib/include", "example.c", "-o", "example",
                    f"-L{lib}", "-lperflame", f"-Wl,-rpath,{lib}")
    check(result.returncode == 0, f"libperflame.3: {result.stderr}")
    if result.returncode == 0:
        result = output("./example", "missing.data")
        check(result.returncode == 1 and "missing.data" in result.stderr,
              f"libperflame.3: the example: {result}")


os.chdir(os.environ["TMP"])
if not shutil.which("man"):
    print("man is not installed")
    sys.exit(77)
assert TOOLS and PAGES
for tool in TOOLS:
    check_options(tool)
    for line in check_help(tool):
        check(list(commands(line[7:])), f"{tool} --help: no command in {line!r}")
for page in PAGES:
    check_lint(page)
    for tool in TOOLS:
        check(tool == page.stem or f".Xr {tool} 1" in page.read_text().split(".Sh SEE ALSO")[1],
              f"{page.name}: no word of {tool} under SEE ALSO")
    if page.name.startswith("perf"):
        check(check_examples(page) > 2, f"{page.name}: hardly an example")
check_palettes()
library = (SRC / "Documentation/man/libperflame.3").read_text()
check_functions(library)
check_program(library)
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
