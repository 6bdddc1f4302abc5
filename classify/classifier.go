package classify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/dylora/dylora/internal/answer"
	"github.com/dylora/dylora/internal/session"
)

// Classifier answers texts with the adapters that it has loaded. It is safe for concurrent use.
type Classifier struct {
	options Options
	queue   *queue
	stopped chan struct{} // is closed when nothing is computed any more

	changing sync.Mutex // of loading and unloading, one at a time
	groups   []*group   // guarded by changing

	lock    sync.Mutex
	members map[string]*member
	closed  bool
}

// Open loads the adapters of o and their base model. The context ends the loading alone.
func Open(ctx context.Context, o Options) (*Classifier, error) {
	if l := o.limits(); l.tokens < 1 || l.queued < 1 || l.wait < 0 {
		return nil, &Error{Code: CodeOption, Err: fmt.Errorf("MaxTokens %d, MaxQueued %d, MaxWait %v: none may be below 0", o.MaxTokens, o.MaxQueued, o.MaxWait)}
	}
	var list []*member
	var base *session.Encoder
	for _, name := range slices.Sorted(maps.Keys(o.Adapters)) {
		if name == "" {
			return nil, &Error{Code: CodeOption, Err: errors.New("an adapter needs a name")}
		}
		m, err := newMember(ctx, &o, name, o.Adapters[name], o.defaultRank(name), base)
		if err != nil {
			return nil, err
		}
		if list = append(list, m); base == nil {
			base = m.session.Base()
		}
	}
	c := start(o)
	c.changing.Lock()
	err := c.adopt(list...)
	c.changing.Unlock()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func start(o Options) *Classifier {
	c := &Classifier{options: o, queue: newQueue(o.limits()), stopped: make(chan struct{}), members: map[string]*member{}}
	go c.work()
	return c
}

// work computes batches until the queue is closed and empty.
func (c *Classifier) work() {
	defer close(c.stopped)
	for b := c.queue.take(); b != nil; b = c.queue.take() {
		began := time.Now()
		err := b.items[0].m.group.execute(b.items)
		if c.options.Observe != nil {
			c.options.Observe(b.execution(time.Since(began)))
		}
		c.queue.finished(b, err)
	}
}

// execution describes the execution of a batch.
func (b *batch) execution(took time.Duration) Execution {
	adapters, ranks, heads := map[*member]bool{}, map[int]bool{}, map[use]bool{}
	for _, x := range b.items {
		head := use{m: x.m}
		if len(x.m.session.Adapter.Heads) > 0 { // each rank's own
			head.rank = x.rank
		}
		adapters[x.m], ranks[x.rank], heads[head] = true, true, true
	}
	return Execution{Texts: len(b.items), Tokens: b.tokens, Adapters: len(adapters), Ranks: len(ranks), Heads: len(heads), Waited: b.waited, Took: took}
}

// Classify answers all texts in their order. It fails as a whole with an *Error, or with the error of ctx when that ends before
// the texts are computed; what is wrong with a single text stands in its result.
func (c *Classifier) Classify(ctx context.Context, texts []Text, options ...Option) ([]Result, error) {
	results, makers := make([]Result, len(texts)), make([]*answer.Maker, len(texts))
	j := &job{ctx: ctx, since: time.Now(), done: make(chan struct{})}
	used, err := c.prepare(ctx, newCall(options), j, texts, results, makers)
	release := func() {
		for _, m := range used {
			c.release(m)
		}
	}
	if err != nil {
		release()
		return nil, err
	}
	items := j.waiting
	if j.left = len(items); j.left == 0 {
		release()
		return results, ctx.Err()
	}
	if err := c.queue.add(j); err != nil {
		release()
		return nil, err
	}
	select {
	case <-j.done:
		release()
	case <-ctx.Done():
		c.queue.signal() // makes room for others
		go func() {      // some items may be in an execution
			<-j.done
			release()
		}()
		return nil, ctx.Err()
	}
	if j.err != nil {
		return nil, j.err
	}
	next := 0
	for i := range results {
		if r := &results[i]; r.Err == nil {
			x := items[next]
			next++
			answered := x.m.result(makers[i], x.logits)
			answered.Adapter, answered.Rank, answered.Tokens, answered.Truncated = x.m.info.Name, x.rank, len(x.text.IDs), x.text.truncated
			*r = answered
		}
	}
	return results, nil
}

// prepare makes the items of texts and gives what answers each; a text that cannot be computed has its error in results. used are the
// adapters to release, each once.
func (c *Classifier) prepare(ctx context.Context, q *call, j *job, texts []Text, results []Result, makers []*answer.Maker) (used map[string]*member, err error) {
	used = map[string]*member{}
	for i, t := range texts {
		if err := ctx.Err(); err != nil {
			return used, err
		}
		name, asked := q.of(i)
		m := used[name]
		if m == nil {
			if m, err = c.find(name); err != nil {
				return used, err
			}
			used[name] = m
		}
		rank, err := m.rank(asked)
		if err != nil {
			return used, err
		}
		if makers[i], err = q.maker(use{m, rank}); err != nil {
			return used, err
		}
		text, err := m.encode(t)
		if err != nil {
			results[i] = Result{Adapter: m.info.Name, Rank: rank, Err: err}
			continue
		}
		j.waiting = append(j.waiting, &item{job: j, m: m, rank: rank, text: text})
	}
	if len(texts) == 0 { // an adapter or a rank that is not there is refused all the same
		if name, asked := q.of(0); q.each == nil {
			m, err := c.find(name)
			if err != nil {
				return used, err
			}
			used[name] = m
			_, err = m.rank(asked)
			return used, err
		}
	}
	return used, nil
}

// Queued is how many texts wait or are being computed.
func (c *Classifier) Queued() int { return c.queue.length() }

// Close refuses further calls, waits for the answers to those before, and lets go of adapters and models.
func (c *Classifier) Close() error {
	c.lock.Lock()
	c.closed = true
	c.lock.Unlock()
	c.queue.close()
	<-c.stopped
	c.changing.Lock()
	defer c.changing.Unlock()
	var all []error
	for _, g := range c.groups {
		all = append(all, g.set(nil, c.queue.limits))
	}
	c.groups = nil
	c.lock.Lock()
	defer c.lock.Unlock()
	clear(c.members)
	return errors.Join(all...)
}
