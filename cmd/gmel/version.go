package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func versionFlag() cli.Flag {
	return &cli.BoolFlag{Name: "version", Aliases: []string{"v"}, Usage: "print version, commit and Go"}
}

// versionText is what the program was built from.
func versionText() string {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		b = &debug.BuildInfo{}
	}
	version := b.Main.Version
	if version == "" || version == "(devel)" {
		version = "(no release)"
	}
	return fmt.Sprintf("gmel %s, commit %s, %s %s/%s\n", version, train.Commit(b), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
