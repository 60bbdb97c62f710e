// Command gmel trains and compares policies that offload AIGC tasks at the
// industrial edge. `gmel train` alone does the whole default job.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/limit"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/urfave/cli/v2"
)

// Exit codes. A scheduler can tell by them whether to give the command again.
const (
	exitOK      = 0
	exitFault   = 1   // an error of the machine: a file, a disk, a device
	exitUsage   = 2   // an error of the user: a flag, a key, a value; the same command fails again
	exitStopped = 75  // training was stopped by a signal and can go on, or another process holds its folder, or a rank hangs: EX_TEMPFAIL of sysexits.h
	exitSignal  = 130 // stopped at once by a second signal
	exitPipe    = 141 // the output's reader has ended: what a shell says of a program that SIGPIPE ends
)

// errStopped ends a command that a signal stopped, and that has said so.
var errStopped = errors.New("stopped by a signal")

func main() {
	keepIgnored()
	survivePipes()
	limit.UseProcessors()
	code := execute(os.Args, os.Stdout, os.Stderr)
	leave(code)
	os.Exit(code)
}

// execute runs a command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	app := newApp(stdout, stderr)
	err := perform(app, args)
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errNoReader) {
		return exitPipe
	}
	if speaks() {
		explain(stderr, err)
	}
	return exitCode(err)
}

// explain prints an error.
func explain(stderr io.Writer, err error) {
	for line := range strings.Lines(err.Error()) {
		if text := strings.TrimSpace(withoutPackage(line)); text != errStopped.Error() {
			fmt.Fprintln(stderr, "gmel: "+text)
		}
	}
}

// exitCode is the code for an error.
func exitCode(err error) int {
	switch {
	case errors.Is(err, errStopped) || errors.As(err, new(*train.LockedError)) || errors.As(err, new(*comm.SilentError)):
		return exitStopped
	case train.IsUsage(err) || inInput(err):
		return exitUsage
	}
	return exitFault
}

// perform does what a line says.
func perform(app *cli.App, args []string) error {
	if len(args) > 1 && args[1] == completeWord { // the words are not of this command, so they are not parsed
		return complete(app, args[2:])
	}
	return app.Run(decimal(app, filesLast(app, args)))
}

// inInput reports whether the error is one of the scenario or of a file that it names.
func inInput(err error) bool {
	var setting *sim.FieldError
	var content *sim.InputError
	return errors.As(err, &setting) || errors.As(err, &content)
}

// packages are those whose errors begin with their name.
var packages = []string{
	"actor", "bench", "checkpoint", "classify", "comm", "dataset", "diffusion", "export", "federated", "fewshot", "fit",
	"header", "kernels", "machine", "marl", "record", "report", "sample", "serve", "share", "sim", "train", "unet",
}

// withoutPackage drops the names of packages at the beginning of an error.
func withoutPackage(text string) string {
	for {
		name, rest, found := strings.Cut(text, ": ")
		if !found || !slices.Contains(packages, name) {
			return text
		}
		text = rest
	}
}

func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:  "gmel",
		Usage: "multi-agent learning of AIGC task offloading at the industrial edge",
		Commands: []*cli.Command{
			trainCommand(), evalCommand(), compareCommand(), sweepCommand(), clusterCommand(), reportCommand(), watchCommand(), doctorCommand(),
			diffusionCommand(), fewshotCommand(), loopCommand(), simulateCommand(), exportCommand(), serveCommand(), importCommand(), configCommand(), infoCommand(), benchCommand(),
			completionCommand(),
		},
		Writer:                    stdout,
		ErrWriter:                 stderr,
		Flags:                     []cli.Flag{versionFlag()},
		HideVersion:               true, // the flag above tells more
		DisableSliceFlagSeparator: true, // a comma in --set belongs to a list
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              usageError,
		Action:                    noCommand,
	}
	for _, c := range app.Commands {
		c.OnUsageError = usageError
		if len(c.Subcommands) == 0 {
			c.Before = noArguments
		}
	}
	return app
}
