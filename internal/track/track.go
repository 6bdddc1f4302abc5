// Package track shows trainings on a tracking server, MLflow, over its REST interface. What is sent is read from the run folder, which is
// complete without a server: parameters, the metrics of metrics.jsonl by step, and at the end the files of the result. So there
// is no queue that could overflow, a server that is away costs a training nothing, and what it has missed is sent later.
// tracking.json in the run folder remembers what the server has.
package track

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dylora/dylora/internal/fault"
)

// MLflow is the kind of server that there is.
const MLflow = "mlflow"

// Run is what is tracked.
type Run struct {
	Dir    string            // run folder
	Name   string            // as the server shows it
	Params map[string]string // settings, by key
	Tags   map[string]string
	Parent Parent // the plan that it is a part of; the zero value: none
}

// Parent is a run that has others below it.
type Parent struct {
	Key  string // that identifies it on any machine
	Name string
}

// Options are a Run's surroundings.
type Options struct {
	Getenv func(string) string // MLFLOW_* variables
	Now    func() time.Time
	Say    func(line string) // what a user should know
}

// The times of sending. A training waits for none of them but, when it has ended, for lastWait, and only for silence where nothing is
// heard of a server that has not answered yet, or has failed at the last try.
const (
	every    = 5 * time.Second
	lastWait = 15 * time.Second
	silence  = 3 * time.Second // and all of it, of a training that was stopped
)

// errSilent ends what a server does not answer.
var errSilent = errors.New("the training does not wait longer")

// Tracker sends what a training writes, beside it.
type Tracker struct {
	sender *sender
	stop   context.CancelCauseFunc
	last   chan Status // nothing more is written
	ended  chan struct{}
	once   sync.Once
	away   atomic.Bool // the last try has failed
}

// Start begins to track a run that trains in this process. It never fails: what keeps it from sending is told once.
func Start(r Run, o Options) *Tracker {
	ctx, stop := context.WithCancelCause(context.Background())
	t := &Tracker{sender: newSender(r, o), stop: stop, last: make(chan Status, 1), ended: make(chan struct{})}
	go t.follow(ctx, every)
	return t
}

// follow sends what there is, again and again, and when the training has ended once more.
func (t *Tracker) follow(ctx context.Context, pause time.Duration) {
	defer close(t.ended)
	wait := pause
	for {
		err := t.sender.send(ctx, running)
		t.sender.tell(err)
		t.away.Store(err != nil)
		if wait = min(2*wait, time.Minute); err == nil {
			wait = pause
		}
		var again <-chan time.Time // never, of a server that does not take it
		if !permanent(err) {
			again = time.After(wait)
		}
		select {
		case s := <-t.last:
			if !permanent(err) {
				err = t.sender.send(ctx, s)
				t.sender.tell(err)
			}
			if err != nil {
				t.sender.o.Say("tracking: " + t.sender.left() + ", which can be sent later")
			}
			return
		case <-again:
		}
	}
}

// Status is how a training ended, in the words of the server.
type Status string

// The ways to end.
const (
	Finished Status = "FINISHED"
	Failed   Status = "FAILED"
	Stopped  Status = "KILLED" // it may go on
	running  Status = "RUNNING"
)

// End sends the rest, within a bounded time, and says what is left. Only the first call counts.
func (t *Tracker) End(s Status) {
	t.once.Do(func() {
		defer t.stop(nil)
		begin, most, quiet := time.Now(), lastWait, silence
		switch {
		case s != Finished:
			most = silence
		case t.sender.pulse.answered.Load() && !t.away.Load():
			quiet = lastWait
		}
		t.sender.pulse.beat()
		t.last <- s
		for tick := time.NewTicker(silence / 30); ; {
			select {
			case <-t.ended:
				tick.Stop()
				return
			case <-tick.C:
				if t.sender.pulse.since() > quiet || time.Since(begin) > most {
					t.stop(errSilent)
				}
			}
		}
	})
}

// Check refuses, before a training, variables that name no server.
func Check(getenv func(string) string) error {
	_, err := newClient(getenv, nil)
	return err
}

// tries is how often Send tries, with pauses of one, two and four seconds between.
const tries = 4

// Send sends what the server lacks of a run that no process trains. What may pass is tried again, as when the server is too busy; the
// error says what keeps it from being sent.
func Send(ctx context.Context, r Run, o Options) (err error) {
	s := newSender(r, o)
	for i := range tries {
		if err = s.send(ctx, ended(r.Dir)); err == nil || permanent(err) || i == tries-1 {
			break
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second << i):
		}
	}
	return err
}

// ended is the status of a run folder that nobody trains in.
func ended(dir string) Status {
	if _, err := os.Stat(filepath.Join(dir, resultName)); err == nil {
		return Finished
	}
	return Stopped
}

// errDenied is that of a server that does not take what is sent, whenever it is sent.
var errDenied = errors.New("the server does not take it")

// permanent says whether to try again is of no use: the server does not take it, or tracking.json is damaged.
func permanent(err error) bool {
	return errors.Is(err, errDenied) || err != nil && fault.ClassOf(err) == fault.Invalid
}

func httpClient() *http.Client { return &http.Client{Timeout: requestTime} }
