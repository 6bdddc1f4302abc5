package classify

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/data"
)

// asked is a job of texts with so many tokens each.
func asked(ctx context.Context, m *member, tokens ...int) *job {
	j := &job{ctx: ctx, since: time.Now(), left: len(tokens), done: make(chan struct{})}
	for _, n := range tokens {
		j.waiting = append(j.waiting, &item{job: j, m: m, text: encoded{Encoded: data.Encoded{IDs: make([]int32, n)}}})
	}
	return j
}

func add(t *testing.T, q *queue, jobs ...*job) {
	t.Helper()
	for _, j := range jobs {
		if err := q.add(j); err != nil {
			t.Fatal(err)
		}
	}
}

// whose counts the items of each job in the next batch.
func whose(q *queue, jobs ...*job) (counts []int, b *batch) {
	b = q.take()
	counts = make([]int, len(jobs))
	for _, x := range b.items {
		counts[slices.Index(jobs, x.job)]++
	}
	return counts, b
}

// A call of one text is computed with the first texts of one of many, and calls of many share executions evenly.
func TestQueueIsFair(t *testing.T) {
	m := &member{group: new(group)}
	q := newQueue(limits{tokens: 100, queued: 1000})
	big, other, one := asked(t.Context(), m, slices.Repeat([]int{10}, 30)...), asked(t.Context(), m, slices.Repeat([]int{10}, 30)...), asked(t.Context(), m, 10)
	add(t, q, big, other, one)
	for round, want := range [][]int{{5, 4, 1}, {5, 5, 0}} {
		got, b := whose(q, big, other, one)
		if !slices.Equal(got, want) || b.tokens != 100 {
			t.Errorf("round %d: %v of %d tokens, want %v", round, got, b.tokens, want)
		}
		q.finished(b, nil)
	}
	<-one.done
	if n := q.length(); n != 61-20 {
		t.Errorf("%d texts are left", n)
	}
}

// Batches hold what fits, a text that is too long goes alone, and those of another base model wait for their turn, which comes.
func TestQueueBatches(t *testing.T) {
	m, n := &member{group: new(group)}, &member{group: new(group)}
	q := newQueue(limits{tokens: 100, queued: 1000})
	long, short, elsewhere := asked(t.Context(), m, 60, 500, 30), asked(t.Context(), m, 30, 30), asked(t.Context(), n, 5)
	add(t, q, long, short, elsewhere)
	all := []*job{long, short, elsewhere}
	for round, want := range [][]int{{1, 1, 0}, {0, 0, 1}, {1, 0, 0}, {0, 1, 0}, {1, 0, 0}} {
		got, b := whose(q, all...)
		if round >= 2 { // the order of what is left is not the point
			if b.tokens != 500 && b.tokens > 100 {
				t.Errorf("round %d: %d tokens", round, b.tokens)
			}
		} else if !slices.Equal(got, want) {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
		q.finished(b, nil)
		if q.length() == 0 {
			break
		}
	}
	if n := q.length(); n != 0 {
		t.Errorf("%d texts are left", n)
	}
	many := asked(t.Context(), m, slices.Repeat([]int{1}, 60)...)
	add(t, q, many)
	if b := q.take(); len(b.items) != q.sequences() {
		t.Errorf("%d texts in an execution of at most %d", len(b.items), q.sequences())
	}
}

// A queue that is full refuses, but not a call that is larger than all of it and alone.
func TestQueueIsBounded(t *testing.T) {
	m := &member{group: new(group)}
	q := newQueue(limits{tokens: 1000, queued: 3})
	add(t, q, asked(t.Context(), m, 1, 1, 1, 1, 1))
	var e *Error
	if err := q.add(asked(t.Context(), m, 1)); !errors.As(err, &e) || e.Code != CodeBusy {
		t.Errorf("%v", err)
	}
	q.finished(q.take(), nil)
	add(t, q, asked(t.Context(), m, 1), asked(t.Context(), m, 1, 1))
	if err := q.add(asked(t.Context(), m, 1)); !errors.As(err, &e) || e.Code != CodeBusy {
		t.Errorf("%v", err)
	}
}

// What nobody waits for any more is not computed and takes no room, and what is being computed then ends its job.
func TestQueueDropsCancelled(t *testing.T) {
	m := &member{group: new(group)}
	q := newQueue(limits{tokens: 20, queued: 10})
	ctx, cancel := context.WithCancel(t.Context())
	gone, kept := asked(ctx, m, 10, 10, 10), asked(t.Context(), m, 10)
	add(t, q, gone)
	b := q.take() // two of them
	cancel()
	add(t, q, kept)
	next := q.take()
	if len(next.items) != 1 || next.items[0].job != kept || q.length() != 3 {
		t.Errorf("%d items, %d in the queue", len(next.items), q.length())
	}
	select {
	case <-gone.done:
		t.Error("done before its execution is")
	default:
	}
	q.finished(b, nil)
	<-gone.done
	if !errors.Is(gone.err, context.Canceled) || q.tokens != 0 {
		t.Errorf("%v, %d tokens", gone.err, q.tokens)
	}
}

// A text waits for others as long as MaxWait says, and no longer than until an execution is full.
func TestQueueWaits(t *testing.T) {
	m := &member{group: new(group)}
	q := newQueue(limits{tokens: 20, queued: 10, wait: 30 * time.Millisecond})
	add(t, q, asked(t.Context(), m, 10))
	began := time.Now()
	go func() { time.Sleep(5 * time.Millisecond); _ = q.add(asked(t.Context(), m, 5)) }()
	if b := q.take(); len(b.items) != 2 || time.Since(began) < 25*time.Millisecond {
		t.Errorf("%d items after %v", len(b.items), time.Since(began))
	}
	q.wait = time.Hour
	add(t, q, asked(t.Context(), m, 10))
	go func() { time.Sleep(5 * time.Millisecond); _ = q.add(asked(t.Context(), m, 10)) }()
	if b := q.take(); len(b.items) != 2 {
		t.Errorf("%d items", len(b.items))
	}
	go func() { time.Sleep(5 * time.Millisecond); q.close() }()
	add(t, q, asked(t.Context(), m, 10))
	if b := q.take(); b == nil || len(b.items) != 1 {
		t.Error("what came before the end is not computed")
	}
	if q.take() != nil {
		t.Error("an execution of a closed queue")
	}
}
