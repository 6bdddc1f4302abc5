package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/serve"
	"github.com/dylora/dylora/internal/terminal"
)

// serveOptions is everything `dylora serve` needs; runServe reads nothing else.
type serveOptions struct {
	io      *streams
	process serve.Process
	json    bool
}

func newServeCmd(io *streams, runF func(context.Context, *serveOptions) error) *cobra.Command {
	opts := &serveOptions{io: io, process: serve.Process{Options: serve.Defaults(), Out: io.out}}
	p, m := &opts.process, &opts.process.Models
	cmd := &cobra.Command{
		Use:   "serve [[NAME=]ADAPTER...]",
		Short: "Answer HTTP requests with adapters, at the rank that each request asks for",
		Long: `Load adapters of one base model and answer requests: POST /v1/predict takes texts, and
optionally the name of an adapter and a rank. Requests of different adapters and ranks share
executions of one graph, and each answer has the bits that it has alone.

ADAPTER is the folder of a run, of an adapter or of a merged model. Its
name is NAME or that of the folder. Without any it is the newest run, or the built-in
sentiment adapter. With --adapters-dir requests may load and unload the folders in it.

It listens on this machine alone, unless requests have to bear a token or --allow-remote is
given. SIGTERM and SIGINT end it: it accepts no more, answers what it has accepted, within
--drain, and exits with 0. docs/serve.md tells of requests, answers, limits and metrics.`,
		Example: `  dylora serve
  dylora serve runs/reviews runs/topics
  dylora serve fine=runs/reviews/adapter --default-rank 4 --listen unix:/run/dylora.sock
  dylora serve --adapters-dir adapters --listen :8080 --token-file token
  dylora serve --listen :8443 --token-file token --tls-cert cert.pem --tls-key key.pem`,
		RunE: func(cmd *cobra.Command, args []string) error {
			layers, err := flagset.SoundLayers(cmd)
			if err != nil {
				return err
			}
			m.Folders = args
			m.Take(layers)
			return runF(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flagset.AddConfig(cmd)
	flagset.AddSettings(flags, "model", "precision", "threads", "max_length")
	flags.StringVar(&m.Ranks, "default-rank", "", "`rank` of requests that ask for none, auto for the one that sweep chose, or NAME=RANK,...; default the largest")
	flags.StringVar(&p.Adapters, "adapters-dir", "", "`folder` of adapters that requests may load by name")
	flags.StringVar(&p.Listen, "listen", "127.0.0.1:8080", "`address` HOST:PORT, unix:PATH, or systemd for the sockets that it hands over; port 0 takes a free one")
	flags.StringVar(&p.SocketMode, "socket-mode", "0600", "`mode` of the file of a Unix socket")
	flags.StringVar(&p.TokenFile, "token-file", "", "`file` of the token that requests bear in the header Authorization")
	flags.StringVar(&p.TLSCert, "tls-cert", "", "PEM `file` of a certificate and its chain, for HTTPS")
	flags.StringVar(&p.TLSKey, "tls-key", "", "PEM `file` of its private key")
	flags.BoolVar(&p.Remote, "allow-remote", false, "listen where others than this machine can ask without a token")
	flags.Int64Var(&p.MaxBody, "max-body", p.MaxBody, "`bytes` of a request at most")
	flags.IntVar(&p.MaxTexts, "max-texts", p.MaxTexts, "texts of a request at most")
	flags.IntVar(&p.MaxTextBytes, "max-text", p.MaxTextBytes, "`bytes` of a text at most")
	flags.DurationVar(&p.Timeout, "timeout", p.Timeout, "`time` that a request may take")
	flags.DurationVar(&p.Drain, "drain", 30*time.Second, "`time` that accepted requests have at the end")
	flags.IntVar(&m.MaxTokens, "batch-tokens", 1024, "tokens of an execution, about")
	flags.DurationVar(&m.MaxWait, "batch-wait", 0, "`time` that a text waits for others while nothing is computed")
	flags.IntVar(&m.MaxQueued, "max-queued", 4096, "texts that may wait; more are refused with status 429")
	flags.StringVar(&p.Log, "log", "", "append a JSON line for each request, without its texts, to this `file`; - is stdout")
	flagset.AddJSON(cmd, &opts.json)
	flags.Lookup("json").Usage = "print a JSON object with the addresses on stdout when requests are answered"
	return cmd
}

func runServe(ctx context.Context, o *serveOptions) error {
	p, say := &o.process, o.io.screen().Say
	p.Version, p.Note, p.Models.Note = o.io.env().Version, say, say
	p.Ready = func(s serve.Started) error {
		say(s.String())
		if o.json {
			return terminal.JSON(o.io.out, s)
		}
		return nil
	}
	return p.Run(ctx)
}
