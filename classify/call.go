package classify

import (
	"fmt"

	"github.com/dylora/dylora/internal/answer"
)

// Option changes one call of Classify.
type Option func(*call)

// AutoRank stands for the rank that dylora sweep chose for the adapter.
const AutoRank = -1

// WithAdapter names the adapter that answers. Where one alone is loaded, it need not be named.
func WithAdapter(name string) Option { return func(c *call) { c.adapter = name } }

// WithRank is the rank that the texts are computed at: 1 to the adapter's largest, or AutoRank. Without it, it is the adapter's
// default, and of a merged model 0.
func WithRank(rank int) Option { return func(c *call) { c.rank = &rank } }

// WithTopK tells of the k most probable labels only, the most probable first.
func WithTopK(k int) Option { return func(c *call) { c.choice.Top, c.hasTop = k, true } }

// WithThreshold makes a classification answer unsure ("": "unsure") where no probability reaches p, and the labels of a
// multi-label task hold above p, for which unsure has to be "".
func WithThreshold(p float64, unsure string) Option {
	return func(c *call) { c.choice.Threshold, c.choice.Unsure, c.hasThreshold = p, unsure, true }
}

// WithLogits gives each result its Logits and makes nothing of them, so that other options of answers have no effect. It takes NaN
// and infinity for what they are.
func WithLogits() Option { return func(c *call) { c.logits = true } }

// WithEach asks for each text, by its place, an adapter ("" as without WithAdapter) and a rank (0: its default, or AutoRank) of
// its own, in place of WithAdapter and WithRank.
func WithEach(of func(i int) (adapter string, rank int)) Option { return func(c *call) { c.each = of } }

// call holds the options of one call of Classify.
type call struct {
	adapter      string
	rank         *int
	each         func(i int) (string, int)
	choice       answer.Choice
	hasTop       bool
	hasThreshold bool
	logits       bool

	makers map[use]*answer.Maker
}

// use is an adapter at a rank.
type use struct {
	m    *member
	rank int
}

func newCall(options []Option) *call {
	c := &call{makers: map[use]*answer.Maker{}}
	for _, o := range options {
		o(c)
	}
	return c
}

// of gives the adapter and the rank of text i; a nil rank is the default.
func (c *call) of(i int) (adapter string, rank *int) {
	if c.each == nil {
		return c.adapter, c.rank
	}
	adapter, r := c.each(i)
	if r == 0 {
		return adapter, nil
	}
	return adapter, &r
}

// maker makes answers of an adapter at a rank as the call chooses; nil where it asks for logits.
func (c *call) maker(u use) (*answer.Maker, error) {
	if c.logits {
		return nil, nil
	}
	if m := c.makers[u]; m != nil {
		return m, nil
	}
	if p := c.choice.Threshold; c.hasThreshold && !(p > 0 && p < 1) {
		return nil, u.m.fault(CodeOption, &answer.Refusal{Part: answer.Threshold, Err: fmt.Errorf("the threshold is %v, and has to be above 0 and below 1", p)})
	}
	if c.hasTop && c.choice.Top < 1 {
		return nil, u.m.fault(CodeOption, &answer.Refusal{Part: answer.Top, Err: fmt.Errorf("the %d most probable labels: it has to be 1 or more", c.choice.Top)})
	}
	temperature, task := u.m.session.Calibrated(u.rank)
	task, choice, err := c.choice.For(task, c.hasThreshold)
	if err != nil {
		return nil, u.m.fault(CodeOption, err)
	}
	m, err := answer.NewMaker(task, choice, temperature)
	if err != nil {
		return nil, u.m.fault(CodeOption, err)
	}
	c.makers[u] = m
	return m, nil
}
