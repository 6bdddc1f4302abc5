package classify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// limits bound executions and the queue.
type limits struct {
	tokens int // of an execution; a longer sequence goes alone
	queued int // texts that may wait
	wait   time.Duration
}

// sequences is how many an execution has at most. The graph computes some of the head for its whole capacity, whatever a batch
// has, so that room for more would slow down single texts.
func (l limits) sequences() int { return max(16, l.tokens/16) }

// item is a text that is to be computed.
type item struct {
	job    *job
	m      *member
	rank   int
	text   encoded
	logits []float32 // once its job is done
}

// job is the items of one call.
type job struct {
	ctx     context.Context
	waiting []*item // not yet taken
	left    int     // without logits
	since   time.Time
	err     error // why the items have no logits
	done    chan struct{}
}

// queue holds the jobs that wait for executions, in the order of their turns.
type queue struct {
	limits
	lock   sync.Mutex
	jobs   []*job
	texts  int // that wait or are being computed
	tokens int // that wait
	closed bool
	wake   chan struct{} // has something when a job has come, or the queue is closed
}

func newQueue(l limits) *queue { return &queue{limits: l, wake: make(chan struct{}, 1)} }

// add puts a job in, or refuses it (*Error).
func (q *queue) add(j *job) error {
	q.lock.Lock()
	defer q.lock.Unlock()
	switch n := len(j.waiting); {
	case q.closed:
		return &Error{Code: CodeClosed, Err: errors.New("the classifier is closed")}
	case q.texts > 0 && q.texts+n > q.queued:
		return &Error{Code: CodeBusy, Err: fmt.Errorf("%d texts wait, and with %d more there would be more than the limit, %d: try again later", q.texts, n, q.queued)}
	}
	q.texts += len(j.waiting)
	for _, x := range j.waiting {
		q.tokens += len(x.text.IDs)
	}
	q.jobs = append(q.jobs, j)
	q.signal()
	return nil
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// close lets no more jobs in; take gives those that wait, and then none.
func (q *queue) close() {
	q.lock.Lock()
	defer q.lock.Unlock()
	q.closed = true
	q.signal()
}

// batch is an execution's items.
type batch struct {
	items  []*item
	tokens int           // of all
	waited time.Duration // of the oldest job
}

// take waits for items and gives an execution of them, all of one group; nil once the queue is closed and empty.
func (q *queue) take() *batch {
	for {
		q.lock.Lock()
		q.drop()
		empty, closed, patience := len(q.jobs) == 0, q.closed, q.patience()
		if !empty && patience <= 0 {
			b := q.collect()
			q.lock.Unlock()
			return b
		}
		q.lock.Unlock()
		switch {
		case empty && closed:
			return nil
		case empty:
			<-q.wake
		default:
			select {
			case <-q.wake:
			case <-time.After(patience):
			}
		}
	}
}

// patience is how long the jobs may wait for others; the lock is held.
func (q *queue) patience() time.Duration {
	if q.wait == 0 || q.closed || q.tokens >= q.limits.tokens || len(q.jobs) == 0 {
		return 0
	}
	oldest := q.jobs[0].since
	for _, j := range q.jobs[1:] {
		if j.since.Before(oldest) {
			oldest = j.since
		}
	}
	return q.wait - time.Since(oldest)
}

// drop ends the jobs that nobody waits for any more; the lock is held.
func (q *queue) drop() {
	kept := q.jobs[:0]
	for _, j := range q.jobs {
		if err := j.ctx.Err(); err != nil {
			for _, x := range j.waiting {
				q.tokens -= len(x.text.IDs)
			}
			n := len(j.waiting)
			j.waiting = nil
			q.finish(j, n, err)
			continue
		}
		kept = append(kept, j)
	}
	clear(q.jobs[len(kept):])
	q.jobs = kept
}

// finish counts items of a job as done; the lock is held.
func (q *queue) finish(j *job, items int, err error) {
	q.texts -= items
	j.left -= items
	if err != nil && j.err == nil {
		j.err = err
	}
	if j.left == 0 {
		close(j.done)
	}
}

// collect takes items of the jobs in turn, one of each, so that a call of one text does not wait for one of thousands. What has
// had a turn goes to the end; the lock is held.
func (q *queue) collect() *batch {
	b, g := &batch{}, q.jobs[0].waiting[0].m.group
	for again := true; again; {
		again = false
		for _, j := range q.jobs {
			if len(j.waiting) == 0 || j.waiting[0].m.group != g || len(b.items) == q.sequences() {
				continue
			}
			x := j.waiting[0]
			if n := len(x.text.IDs); b.tokens > 0 && b.tokens+n > q.limits.tokens {
				continue
			}
			j.waiting, again = j.waiting[1:], true
			b.items = append(b.items, x)
			b.tokens += len(x.text.IDs)
			b.waited = max(b.waited, time.Since(j.since))
		}
	}
	q.tokens -= b.tokens
	q.turn(b)
	return b
}

// turn puts the jobs of a batch behind the others, those that are empty out; the lock is held.
func (q *queue) turn(b *batch) {
	had := map[*job]bool{}
	for _, x := range b.items {
		had[x.job] = true
	}
	var first, last []*job
	for _, j := range q.jobs {
		switch {
		case !had[j]:
			first = append(first, j)
		case len(j.waiting) > 0:
			last = append(last, j)
		}
	}
	q.jobs = append(first, last...)
}

// finished gives the jobs of a batch their items back.
func (q *queue) finished(b *batch, err error) {
	q.lock.Lock()
	defer q.lock.Unlock()
	for _, x := range b.items {
		q.finish(x.job, 1, err)
	}
}

// length is how many texts wait or are being computed.
func (q *queue) length() int {
	q.lock.Lock()
	defer q.lock.Unlock()
	return q.texts
}
