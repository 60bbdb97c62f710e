package main

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

// usageError turns an error of the flag package into one sentence.
func usageError(c *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
		name = strings.TrimLeft(name, "-")
		return train.Usagef("unknown flag --%s%s", name, suggest(name, flagNames(c), "--", help(c)))
	}
	text = strings.Replace(text, "flag needs an argument: -", "a value is missing after --", 1)
	return train.Usagef("%s; see `%s`", strings.Replace(text, "for flag -", "for --", 1), help(c))
}

// noCommand handles everything that is not a command.
func noCommand(c *cli.Context) error {
	if c.Bool("version") {
		return printText(c.App.Writer, versionText())
	}
	if !c.Args().Present() {
		if err := cli.ShowAppHelp(c); err != nil {
			return err
		}
		return train.Usagef("a command is missing, such as `gmel train`")
	}
	var names []string
	for _, command := range c.App.Commands {
		names = append(names, command.Name)
	}
	name := c.Args().First()
	return train.Usagef("unknown command %q%s", name, suggest(name, names, "", "gmel help"))
}

// noSubcommand handles everything that is not a subcommand.
func noSubcommand(c *cli.Context) error {
	var names []string
	for _, command := range c.Command.Subcommands {
		if command.Name != "help" {
			names = append(names, command.Name)
		}
	}
	if word := c.Args().First(); word != "" {
		return train.Usagef("unknown command %q of %s%s", word, c.Command.HelpName, suggest(word, names, "", help(c)))
	}
	return train.Usagef("a command is missing: %s %s", c.Command.HelpName, strings.Join(names, "|"))
}

// noArguments refuses words that do not belong to a flag, unless the command takes some, and empty texts, for example of an unset
// variable in a script. Otherwise both would be ignored.
func noArguments(c *cli.Context) error {
	for _, f := range c.Command.Flags {
		if _, text := f.(*cli.StringFlag); text && c.IsSet(f.Names()[0]) && c.String(f.Names()[0]) == "" {
			return train.Usagef("--%s is empty; give it a value or leave it out", f.Names()[0])
		}
	}
	if c.Command.ArgsUsage != "" {
		return nil
	}
	if word := c.Args().First(); word != "" && word != "help" && word != "h" {
		return train.Usagef("unexpected argument %q; settings are given by flags, see `%s`", word, help(c))
	}
	return nil
}

func help(c *cli.Context) string {
	if c.Command == nil || c.Command.Name == "" || c.Command.Name == "gmel" {
		return "gmel help"
	}
	return c.Command.HelpName + " --help"
}

func suggest(word string, known []string, mark, help string) string {
	if near := setting.Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %s%s?", mark, near)
	}
	return fmt.Sprintf("; see `%s`", help)
}

func flagNames(c *cli.Context) (names []string) {
	flags := c.App.Flags
	if c.Command != nil {
		flags = append(flags, c.Command.Flags...)
	}
	for _, f := range flags {
		names = append(names, f.Names()...)
	}
	return names
}
