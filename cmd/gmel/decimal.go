package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// decimal rewrites the values of flags that are whole numbers, so that 010 is ten, as in every file and in
// `seq -w`, and not the octal eight of the flag package.
func decimal(app *cli.App, args []string) []string {
	args, whole := slices.Clone(args), wholeFlags(app.Commands)
	for i, arg := range args {
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch {
		case !strings.HasPrefix(arg, "-") || !whole[name]:
		case joined:
			args[i] = "--" + name + "=" + withoutZeros(value)
		case i+1 < len(args):
			args[i+1] = withoutZeros(args[i+1])
		}
	}
	return args
}

// wholeFlags are the names of flags that are whole numbers. A name that is one in some command is a number in all.
func wholeFlags(commands []*cli.Command) map[string]bool {
	names := map[string]bool{}
	for _, c := range commands {
		for _, f := range c.Flags {
			switch f.(type) {
			case *cli.IntFlag, *cli.Uint64Flag, *cli.IntSliceFlag:
				names[f.Names()[0]] = true
			}
		}
		for name := range wholeFlags(c.Subcommands) {
			names[name] = true
		}
	}
	return names
}

var leadingZeros = regexp.MustCompile(`^([-+]?)0+([0-9][0-9_]*)$`)

func withoutZeros(number string) string { return leadingZeros.ReplaceAllString(number, "$1$2") }
