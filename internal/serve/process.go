package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/fault"
)

// closing is a classifier that ends with the process.
type closing interface {
	Classifier
	Close() error
}

// Process is a server with its surroundings: where it listens, who may ask, and how it ends.
type Process struct {
	Models Models

	Listen     string // HOST:PORT, unix:PATH, or systemd for the sockets that the service manager hands over
	SocketMode string // of the file of a Unix socket, in octal; "": 0600
	Remote     bool   // others than this machine may ask without a token
	TokenFile  string // that holds the token; "": none is asked for
	TLSCert    string // file of the certificate and its chain; "": no TLS
	TLSKey     string // file of its private key

	Options                     // limits of requests
	Drain   time.Duration       // that accepted requests have at the end; 0: 30 s
	Log     string              // file that gets a line of JSON for each request; "-" is Out, "" none
	Out     io.Writer           // of Log
	Version string              // of the program
	Ready   func(Started) error // is told when requests are answered; may be nil

	load func(ctx context.Context, observe func(classify.Execution)) (closing, error) // nil: loads Models
}

// Started describes a server that is ready.
type Started struct {
	Addresses []string `json:"addresses"` // as http://127.0.0.1:8080 or unix:/run/dylora.sock
	Adapters  []string `json:"adapters"`
	Version   string   `json:"version"`
}

// Bounds of connections, for clients that are slow or do nothing.
const (
	headerTime  = 10 * time.Second
	idleTime    = 2 * time.Minute
	headerBytes = 64 << 10
)

// Run serves until ctx ends. Then it accepts no more, answers what it has accepted, and gives nil; an error says what kept it from
// starting, from going on, or from answering in time. Addresses and files are looked at before models are loaded, and while they
// are, the answer to requests is that they are.
func (p *Process) Run(ctx context.Context) error {
	token, err := readToken(p.TokenFile)
	if err != nil {
		return err
	}
	encryption, err := readCertificate(p.TLSCert, p.TLSKey)
	if err != nil {
		return err
	}
	if err := errors.Join(p.check(), checkFolder(p.Adapters), p.Models.complete(p.Adapters != "")); err != nil {
		return err
	}
	p.Token = token
	at := address{Listen: p.Listen, Remote: p.Remote}
	if at.Mode, err = parseMode(p.SocketMode); err != nil {
		return err
	}
	accesses, err := openAccessLog(p.Log, p.Out)
	if err != nil {
		return err
	}
	listeners, err := at.listen(ctx, token != "")
	if err != nil {
		return errors.Join(err, accesses.close())
	}
	d := &door{log: accesses, encrypted: encryption != nil}
	d.server = &http.Server{
		Handler: d, TLSConfig: encryption, ConnState: d.count, MaxHeaderBytes: headerBytes, IdleTimeout: idleTime, ReadHeaderTimeout: headerTime,
		WriteTimeout: 2*p.withDefaults().Timeout + headerTime, // from the header on: the body, the answer, and writing it
		ErrorLog:     log.New(notes{p.note}, "", 0),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		d.accepting.Go(func() { failed <- d.serve(l) })
	}
	return errors.Join(p.run(ctx, d, listeners, failed), accesses.close())
}

// run loads the models, lets requests in, and drains at the end.
func (p *Process) run(ctx context.Context, d *door, listeners []net.Listener, failed <-chan error) error {
	m := NewMetrics(p.Version)
	load := p.load
	if load == nil {
		load = p.Models.open
	}
	c, err := load(ctx, m.Execution)
	if err != nil {
		err = errors.Join(err, d.shut(listeners), d.server.Close())
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) { // stopped before it was ready: nobody waits
			return nil
		}
		return err
	}
	m.Watch(func() (int, int) { return c.Queued(), len(c.Adapters()) })
	o := p.Options
	o.Metrics = m.Handler()
	s, err := New(c, o, m)
	if err != nil {
		return errors.Join(err, d.shut(listeners), d.server.Close(), c.Close())
	}
	d.inside.Store(s)
	if p.Ready != nil {
		err = p.Ready(p.started(listeners, d.encrypted, c.Adapters()))
	}
	if err == nil {
		p.tell(daemon.SdNotifyReady)
		select {
		case <-ctx.Done():
		case err = <-failed:
			err = fmt.Errorf("the server cannot go on: %w", err)
		}
	}
	p.tell(daemon.SdNotifyStopping)
	s.Drain()
	return errors.Join(err, d.drain(listeners, cmp.Or(p.Drain, 30*time.Second)), c.Close())
}

// String is a line for a person.
func (s Started) String() string {
	what := "no adapter yet"
	if len(s.Adapters) > 0 {
		what = strings.Join(s.Adapters, ", ")
	}
	return fmt.Sprintf("serving %s at %s", what, strings.Join(s.Addresses, " and "))
}

// started describes the server.
func (p *Process) started(listeners []net.Listener, encrypted bool, adapters []classify.Info) Started {
	s := Started{Adapters: []string{}, Version: p.Version}
	for _, l := range listeners {
		s.Addresses = append(s.Addresses, addressOf(l, encrypted))
		if at, ok := l.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() && !encrypted && p.Token != "" {
			p.note("the token goes over the network as it is: give a certificate, or let a proxy encrypt")
		}
	}
	for _, i := range adapters {
		s.Adapters = append(s.Adapters, i.Name)
	}
	return s
}

// tell tells the service manager, if there is one.
func (p *Process) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		p.note("the service manager cannot be told of the state: " + err.Error())
	}
}

// note tells the operator.
func (p *Process) note(line string) {
	if p.Note != nil {
		p.Note(line)
	}
}

// notes is a writer of lines, for those of net/http.
type notes struct{ note func(string) }

// Write tells of a line.
func (n notes) Write(b []byte) (int, error) {
	n.note(oneLine(strings.TrimSpace(string(b))))
	return len(b), nil
}

// door is what connections come to: the server, once there is one.
type door struct {
	server    *http.Server
	encrypted bool
	inside    atomic.Pointer[Server]
	accepting sync.WaitGroup // of listeners
	open      atomic.Int64   // connections
	log       *accessLog
}

// ServeHTTP answers a request. When the server drains, the connection ends with the answer.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.log.around(w, r, func(w http.ResponseWriter) {
		s := d.inside.Load()
		if s == nil {
			loading(w, r)
			return
		}
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		s.ServeHTTP(w, r)
	})
}

// check refuses bounds below zero; zero is a default.
func (p *Process) check() error {
	for name, n := range map[string]int64{
		"max body": p.MaxBody, "max texts": int64(p.MaxTexts), "max text": int64(p.MaxTextBytes), "timeout": int64(p.Timeout), "drain": int64(p.Drain),
	} {
		if n < 0 {
			return fault.Usagef("%s: %d is below zero", name, n)
		}
	}
	return nil
}

// Defaults are the limits of a server that is not given others.
func Defaults() Options { return Options{}.withDefaults() }
