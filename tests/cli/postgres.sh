# SPDX-License-Identifier: GPL-2.0-or-later
# A busy PostgreSQL, as the distribution packages it, seen from outside: one
# command, a graph with its functions and the kernel's.
set -eu
. "$SRC/tests/cli/expect.bash"
needs_sampling
[ "$(id -u)" -eq 0 ] || { echo "whole CPUs are root's"; exit 77; }
cd "$TMP"

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
[ -x "$bin/initdb" ] || fail "no PostgreSQL here; run: sh scripts/install-deps.sh test"

# It refuses to run as root. Nothing of it leaves $TMP: no port, a socket there.
user=$(id -u postgres 2>/dev/null || echo 65534)
group=$(id -g postgres 2>/dev/null || echo 65534)
mkdir server
chown "$user:$group" server
server=$TMP/server
as=(setpriv --reuid "$user" --regid "$group" --clear-groups env HOME="$server")

"${as[@]}" "$bin/initdb" -D "$server/data" -A trust -U postgres -N >log
echo 'fsync = off' >>server/data/postgresql.conf
"${as[@]}" "$bin/postgres" -D "$server/data" -k "$server" -c listen_addresses= >>log 2>&1 &
postmaster=$!
trap 'cat log; kill -QUIT $postmaster; wait' EXIT
until "${as[@]}" "$bin/pg_isready" -q -h "$server"; do
	kill -0 $postmaster || fail "PostgreSQL did not start"
	sleep 0.1
done
"${as[@]}" "$bin/pgbench" -h "$server" -U postgres -i -s 2 -q postgres >>log 2>&1
"${as[@]}" "$bin/pgbench" -h "$server" -U postgres -b tpcb-like -b select-only -c 4 -T 600 \
	postgres >>log 2>&1 &
load=$!

# The command of the manual, by its own name and through perf.
expect 0 "$BIN/perf-oncpu" -d 5 -o on.svg
PATH=$BIN:$PATH expect 0 perf oncpu -d 5 -o by-perf.svg
expect 0 "$BIN/perf-oncpu" -d 3 -F 997 --annotate -o on.folded
kill -0 $load || fail "pgbench has ended"
kill $load
wait $load || :

trap - EXIT
kill -INT $postmaster
wait $postmaster || :

for svg in on.svg by-perf.svg; do
	xmllint --noout $svg || fail "$svg is no XML"
done
python3 - on.svg by-perf.svg <<'END'
"""In a picture: who stands on whom."""
import re
import sys
import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"
SYSCALL = r"do_syscall_64|el0_svc|el0t_64_sync"

for path in sys.argv[1:]:
    frames = []
    for rect in ET.parse(path).iter(SVG + "rect"):
        title = rect.find(SVG + "title")
        if title is not None:
            name = title.text.rsplit(" (", 1)[0]
            frames.append((name, *(float(rect.get(key)) for key in ("x", "width", "y"))))

    def above(base, pattern):
        """The width of frames of a name that stand on this one."""
        _, x, width, y = base
        return sum(w for name, left, w, top in frames
                   if re.fullmatch(pattern, name) and top < y and x - .1 <= left < x + width)

    base = max((f for f in frames if f[0] == "postgres"), key=lambda frame: frame[3])
    share = {pattern: above(base, pattern) / base[2]
             for pattern in ("PostgresMain", SYSCALL)}
    print(path, base, share)
    assert share["PostgresMain"] > 0.5, "the server's functions are missing"
    assert share[SYSCALL] > 0.02, "the kernel's functions are missing"
END

# Of its own functions the package names those that extensions may call (.dynsym);
# that is two thirds of the frames. The kernel has a name for every one.
python3 - <<'END'
from collections import Counter

frames, samples, main = Counter(), 0, 0
for line in open("on.folded"):
    stack, count = line.rsplit(" ", 1)
    comm, *names = stack.split(";")
    if comm != "postgres":
        continue
    samples += int(count)
    main += int(count) * ("PostgresMain" in names)
    for name in names:
        where = "kernel" if name.endswith("_[k]") else "user"
        frames[where, name[0] != "["] += int(count)
named = {where: frames[where, True] / (frames[where, True] + frames[where, False])
         for where in ("user", "kernel")}
print(samples, main / samples, named)
assert samples > 100	# of 3 seconds, on a box that may be busy with others
assert main > samples / 2
assert named["user"] > 0.5
assert named["kernel"] > 0.99
END
