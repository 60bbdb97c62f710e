package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// withOperands are the commands whose files and folders may come before their flags, with the number of words of the command.
var withOperands = map[string]int{"import": 2, "export": 1, "serve": 1, "report": 1, "watch": 1, "doctor": 1}

// filesLast moves the files of a command after its flags, since the flag package ends at the first file.
func filesLast(app *cli.App, args []string) []string {
	if len(args) < 2 || len(args) <= withOperands[args[1]] {
		return args
	}
	words := withOperands[args[1]]
	if words == 0 {
		return args
	}
	var flags, files []string
	for i := words + 1; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			files = append(files, args[i+1:]...)
			i = len(args)
		case !strings.HasPrefix(arg, "-") || arg == "-":
			files = append(files, arg)
		default:
			flags = append(flags, arg)
			if !takesValue(app, args[1:words+1], arg) {
				continue
			}
			if i++; i == len(args) {
				return slices.Concat(args[:words+1], flags) // whose last one is a fault
			}
			flags = append(flags, args[i])
		}
	}
	if files != nil {
		files = append([]string{"--"}, files...)
	}
	return slices.Concat(args[:words+1], flags, files)
}

// takesValue reports whether the next argument is the value of a flag of the command.
func takesValue(app *cli.App, command []string, arg string) bool {
	if strings.Contains(arg, "=") {
		return false
	}
	c := app.Command(command[0])
	for _, name := range command[1:] {
		at := slices.IndexFunc(c.Subcommands, func(s *cli.Command) bool { return s.Name == name })
		if at < 0 {
			return false
		}
		c = c.Subcommands[at]
	}
	f := flagOf(c.Flags, arg)
	_, alone := f.(*cli.BoolFlag)
	return f != nil && !alone
}
