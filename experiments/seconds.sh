#!/bin/sh
# experiments/seconds.sh [ROUNDS] measures how long each algorithm of convergence.yaml trains for 100,000 slots, on an idle
# machine: the median, least and greatest of ROUNDS short runs (default 5) of each, which take turns. Slots until a mark
# (gmel sweep table) times these are seconds until it. Evaluations are not counted. ALGORITHMS may name fewer.
set -eu
rounds=${1:-5}
algorithms=${ALGORITHMS:-"amarl amarl:attention=false amarl-ppo ippo mappo maa2c isac maddpg d3qn vdn qmix"}
runs=$(mktemp -d)
trap 'rm -r "$runs"' EXIT

for round in $(seq "$rounds"); do
	for a in $algorithms; do
		name=${a%%:*}
		set -- --algo "$name" --seed "$round" --set train.updates=1000 --set train.eval_every=0 --out "$runs/run"
		[ "$name" = "$a" ] || set -- "$@" --set "$name.${a#*:}"
		gmel train "$@" > "$runs/log" 2>&1 || { cat "$runs/log" >&2; exit 1; }
		tail -n 1 "$runs/run/timing.jsonl" | sed "s/.*\"update\":\([0-9]*\).*\"seconds\":\([0-9.]*\).*/$a \1 \2/" >> "$runs/times"
		rm -r "$runs/run"
	done
done

echo "algorithm, seconds for 100,000 slots: median, least, greatest"
for a in $algorithms; do
	awk -v a="$a" '$1 == a { print $3 / ($2 * 32) * 100000 }' "$runs/times" | sort -n |
		awk -v a="$a" '{ x[NR] = $1 } END { printf "%-24s %6.2f %6.2f %6.2f\n", a, x[int((NR + 1) / 2)], x[1], x[NR] }'
done
