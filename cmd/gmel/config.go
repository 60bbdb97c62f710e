package main

import (
	"github.com/gmel-go/gmel/marl/run"
	"github.com/urfave/cli/v2"
)

func configCommand() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "print the configuration in effect with comments; --config reads it back",
		Flags: sourceFlags(),
		Action: func(c *cli.Context) error {
			config, err := run.Load(sources(c))
			if err != nil {
				return err
			}
			return printText(c.App.Writer, string(config.Commented()))
		},
	}
}
