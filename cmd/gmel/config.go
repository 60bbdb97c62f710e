package main

import (
	"github.com/gmel-go/gmel/marl/run"
	"github.com/urfave/cli/v2"
)

// editorLine tells editors with a language server for YAML where the schema is.
const editorLine = "# yaml-language-server: $schema=gmel.schema.json\n# `gmel config --schema > gmel.schema.json` writes it.\n\n"

func configCommand() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "print the configuration in effect with comments; --config reads it back",
		Flags: append(sourceFlags(), &cli.BoolFlag{Name: "schema", Usage: "print the JSON Schema of configurations instead, with these values as defaults, for editors"}),
		Action: func(c *cli.Context) error {
			config, err := run.Load(sources(c))
			if err != nil {
				return err
			}
			if c.Bool("schema") {
				return printText(c.App.Writer, string(config.Schema()))
			}
			return printText(c.App.Writer, editorLine+string(config.Commented()))
		},
	}
}
