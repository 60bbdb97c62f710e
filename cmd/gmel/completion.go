package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/spread"
	"github.com/urfave/cli/v2"
)

// completeWord is the command that the scripts of shells call: the words of the line follow it, the last one as far as it is typed.
const completeWord = "__complete"

// shells are the scripts by shell. A word that gmel has no names for is completed as a file.
var shells = map[string]string{
	"bash": `_gmel() {
  local word=${COMP_WORDS[COMP_CWORD]}
  mapfile -t COMPREPLY < <(compgen -W "$(gmel __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$word")
}
complete -o default -F _gmel gmel
`,
	"zsh": `#compdef gmel
_gmel() {
  local -a found
  found=(${(f)"$(gmel __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
  [[ $PREFIX == -* ]] || _files
}
compdef _gmel gmel
`,
	"fish": `complete -c gmel -a '(gmel __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
}

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the script with which a shell completes commands, flags and names: bash, zsh or fish",
		ArgsUsage: "SHELL",
		Action:    printCompletion,
	}
}

func printCompletion(c *cli.Context) error {
	script, known := shells[c.Args().First()]
	if !known || c.NArg() != 1 {
		return train.Usagef("gmel completion takes one of bash, zsh, fish, such as `source <(gmel completion bash)`")
	}
	return printText(c.App.Writer, script)
}

// completions are the words that may stand in the place of the last one.
func completions(app *cli.App, words []string) (found []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	before, word := words[:len(words)-1], words[len(words)-1]
	commands, flags := app.Commands, app.Flags
	for _, w := range before {
		if i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == w }); i >= 0 {
			commands, flags = commands[i].Subcommands, commands[i].Flags
		}
	}
	var last cli.Flag
	if len(before) > 0 {
		last = flagOf(flags, before[len(before)-1])
	}
	_, alone := last.(*cli.BoolFlag)
	switch {
	case last != nil && !alone:
		found = flagValues(last.Names()[0])
	case strings.HasPrefix(word, "-"):
		for _, f := range flags {
			found = append(found, "--"+f.Names()[0])
		}
	default:
		for _, c := range commands {
			found = append(found, c.Name)
		}
	}
	return slices.DeleteFunc(found, func(s string) bool { return !strings.HasPrefix(s, word) })
}

// flagOf is the flag of a word such as --algo; nil for none.
func flagOf(flags []cli.Flag, word string) cli.Flag {
	for _, f := range flags {
		if name := strings.TrimLeft(word, "-"); name != word && slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

// flagValues are the names that a flag takes; none for a file or a number.
func flagValues(flag string) []string {
	switch flag {
	case "algo":
		return marl.Algorithms()
	case "scenario":
		return append(sim.Presets(), spread.Name)
	case "policy", "beside":
		return slices.Concat(sim.Policies(), sim.References())
	case "backend":
		return append(kernels.Backends(), "auto")
	}
	return nil
}

// complete prints the completions of a line, each on a line.
func complete(app *cli.App, words []string) error {
	for _, word := range completions(app, words) {
		if _, err := fmt.Fprintln(app.Writer, word); err != nil {
			return written(err)
		}
	}
	return nil
}
