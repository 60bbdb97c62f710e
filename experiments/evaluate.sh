#!/bin/sh
# experiments/evaluate.sh RUNS RESULTS plays the policy of each run in the folder RUNS where it was not trained,
# and writes RESULTS/RUN-NAME.json for each evaluation. What is there already is not played again. The runs are
# those of robustness.yaml, which were trained on paper: 30 IEDs, 4 ESs, a task in .4 of the slots.
set -eu
[ $# -eq 2 ] || { echo "usage: $0 RUNS RESULTS" >&2; exit 2; }
mkdir -p "$2"
runs=$1 results=$2

# play NAME FLAGS evaluates every run with these flags.
play() {
	name=$1
	shift
	for run in "$runs"/*/; do
		file=$results/$(basename "$run")-$name.json
		[ -e "$file" ] || { gmel eval --run "$run" --json "$@" > "$file.tmp" && mv "$file.tmp" "$file"; }
	done
}

play ieds-20 --set scenario.ieds=20
play ieds-50 --set scenario.ieds=50
play load-0.3 --set scenario.tasks.probability=0.3
play load-0.6 --set scenario.tasks.probability=0.6
play hall-population --scenario population:100
play hall-clutter --set scenario.hall.clutter=DH
play lost-es --set "scenario.hall.coverage_m=[1000, 1000, 1000, 1]"
