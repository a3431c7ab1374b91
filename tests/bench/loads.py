# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured on: loads of the box, sources to compile, stacks."""
import os
import random
import signal
import subprocess
import time

# What a compiler cache answers is no compile.
UNCACHED = dict(os.environ, CCACHE_DISABLE="1")


class Messages:
    """perf bench sched messaging until the end of the with block."""

    def __enter__(self):
        self.group = subprocess.Popen(
            ["perf", "bench", "sched", "messaging", "-g", "20", "-l", "100000000"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(0.5)

    def __exit__(self, *_):
        os.killpg(self.group.pid, signal.SIGKILL)
        self.group.wait()


def write_stacks(path, frames):
    """Folded stacks that make a tree of about so many frames: deep, and uneven as real ones."""
    dice = random.Random(frames)
    stack, made = ["main"], 1
    with open(path, "w", encoding="ascii") as out:
        while made < frames:
            del stack[dice.randrange(1, len(stack) + 1):]
            for _ in range(dice.randrange(1, 12)):
                stack.append(f"module_{dice.randrange(40)}::function_{dice.randrange(4000)}")
                made += 1
            out.write(f"{';'.join(stack)} {dice.randrange(1, 1000)}\n")


def write_large_source(path, copies):
    """A C++ file that takes the compiler some 0.8 s for each copy at -O2."""
    headers = ("algorithm", "deque", "iostream", "map", "numeric", "regex", "string", "variant",
               "vector")
    text = [f"#include <{name}>" for name in headers]
    for i in range(copies):
        text.append(f"""
struct item_{i} {{
	std::string name; std::variant<int, double, std::string> value;
	bool operator<(const item_{i} &other) const {{ return name < other.name; }}
}};
std::map<std::string, std::deque<item_{i}>> table_{i};
int run_{i}(const std::string &text)
{{
	std::regex pattern("([a-z]+){i}[0-9]*(foo|bar)");
	std::smatch match;
	std::vector<item_{i}> found;
	while (std::regex_search(text, match, pattern))
		found.push_back({{ match[1], {i} }});
	std::stable_sort(found.begin(), found.end());
	for (auto &item : found)
		table_{i}[item.name].push_back(std::move(item));
	return std::accumulate(found.begin(), found.end(), 0, [](int sum, const item_{i} &item) {{
		return sum + std::visit([](auto &&value) {{ return int(sizeof(value)); }}, item.value);
	}});
}}""")
    path.write_text("\n".join(text) + "\n", encoding="ascii")


class Compiles:
    """The command that compiles so many small C++ files, on all CPUs: three processes for each."""

    def __init__(self, directory, files):
        directory.mkdir(exist_ok=True)
        for i in range(files):
            (directory / f"f{i}.cc").write_text(f"""#include <map>
#include <string>
std::map<std::string, int> words_{i};
int count_{i}(const std::string &word)
{{
	int sum = 0;
	for (auto &pair : words_{i})
		sum += pair.first == word ? pair.second : {i};
	return sum;
}}
""", encoding="ascii")
        (directory / "Makefile").write_text(
            "all: $(patsubst %.cc,%.o,$(wildcard *.cc))\n"
            "%.o: %.cc FORCE\n\t@g++ -O2 -c -o $@ $<\n.PHONY: all FORCE\n", encoding="ascii")
        self.command = ["make", "-s", "-C", directory, f"-j{2 * os.cpu_count()}"]
