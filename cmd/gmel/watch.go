package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gmel-go/gmel/marl/report"
	"github.com/gmel-go/gmel/marl/serve"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/urfave/cli/v2"
)

// Times of the server of a page.
const (
	headerTime = 5 * time.Second  // for a request to arrive
	answerTime = 30 * time.Second // for a page to be read
	idleTime   = 2 * time.Minute
	stopTime   = 3 * time.Second // for answers on their way, when it stops
)

func watchCommand() *cli.Command {
	return &cli.Command{
		Name:      "watch",
		Usage:     "serve the page of `gmel report`, live while runs train; it only reads their folders",
		ArgsUsage: "RUN...",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "http", Usage: "`ADDRESS` to serve at; port 0 takes a free one", Value: "127.0.0.1:8080"},
		},
		Action: watch,
	}
}

func watch(c *cli.Context) error {
	if c.NArg() == 0 {
		return train.Usagef("run folders are missing, such as `gmel watch runs/*`")
	}
	for _, dir := range c.Args().Slice() {
		if _, err := train.Folder(dir).Config(); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", c.String("http"))
	if err != nil {
		return train.Usagef("--http %s: %w", c.String("http"), err)
	}
	say := progress(c).Line
	say(fmt.Sprintf("the page is at http://%s/; Ctrl-C ends", listener.Addr()))
	ctx, stop := untilSignal(say, "answer")
	defer stop()
	page := &http.Server{Handler: report.Handler(c.Args().Slice()), ReadHeaderTimeout: headerTime, WriteTimeout: answerTime, IdleTimeout: idleTime}
	if err := serve.Until(ctx, page, listener); err != nil {
		return err
	}
	if err := serve.Stop(page, stopTime); !errors.Is(err, serve.ErrCutOff) { // a page that is not read to its end by then is no fault
		return err
	}
	return nil
}
