package main

import (
	"fmt"
	"log"
	"net"
	"runtime/debug"

	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/serve"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

func serveCommand() *cli.Command {
	d := serve.Defaults()
	return &cli.Command{
		Name: "serve", Usage: "answer over HTTP what a policy decides (Open Inference Protocol v2)", ArgsUsage: "FOLDER",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "http", Value: "127.0.0.1:8000", Usage: "`ADDRESS` to listen on; port 0 is any free one"},
			&cli.StringFlag{Name: "name", Usage: "`NAME` of the policy in paths (default: that of its contract)"},
			&cli.IntFlag{Name: "max-batch", Value: d.MaxBatch, Usage: "observations of a request"},
			&cli.Int64Flag{Name: "max-body", Value: d.MaxBody, Usage: "bytes of a request"},
			&cli.IntFlag{Name: "max-requests", Value: d.MaxRequests, Usage: "requests in work at once; more get status 503"},
			&cli.IntFlag{Name: "max-connections", Value: d.MaxConnections, Usage: "open connections; more wait"},
			&cli.DurationFlag{Name: "timeout", Value: d.Timeout, Usage: "`TIME` for a request to arrive"},
			&cli.DurationFlag{Name: "grace", Value: d.Grace, Usage: "`TIME` for requests in work when a signal stops the server"},
		},
		Action: serveFolder,
	}
}

func serveFolder(c *cli.Context) error {
	if c.NArg() != 1 {
		return train.Usagef("%d policy folders are given, 1 is needed, such as `gmel serve paper-1-1-export`", c.NArg())
	}
	p, err := actor.Read(c.Args().First())
	if err != nil {
		return train.Usage(err)
	}
	s, err := serve.New(p, serveOptions(c))
	if err != nil {
		return train.Usage(err)
	}
	l, err := net.Listen("tcp", c.String("http"))
	if err != nil {
		return train.Usagef("--http is %q: %w", c.String("http"), err)
	}
	say := progress(c).Line
	ctx, done := untilSignal(say, "round of requests")
	defer done()
	say(fmt.Sprintf("serving the policy of %s, update %d, at http://%s/v2/models/%s", p.Contract.Algorithm, p.Contract.Checkpoint.Update, l.Addr(), s.Name()))
	h := s.HTTP()
	h.ErrorLog = log.New(c.App.ErrWriter, "gmel: ", 0)
	return s.Serve(ctx, h, l)
}

func serveOptions(c *cli.Context) serve.Options {
	o := serve.Options{
		Name: c.String("name"), MaxBatch: c.Int("max-batch"), MaxBody: c.Int64("max-body"), MaxRequests: c.Int("max-requests"),
		MaxConnections: c.Int("max-connections"), Timeout: c.Duration("timeout"), Grace: c.Duration("grace"),
	}
	if b, ok := debug.ReadBuildInfo(); ok {
		o.Version = train.Commit(b)
	}
	return o
}
