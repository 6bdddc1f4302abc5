package classify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/session"
)

// Info describes a loaded adapter.
type Info struct {
	Name       string
	Task       string   // that it was trained for; "" where nobody knows
	Kind       string   // of the task: "classification", "regression" or "multi-label"
	Labels     []string // in the order of the model's columns; of a regression the names of its outputs, if it has several
	Pair       bool     // it takes pairs of texts
	Rank       int      // the largest; 0 of a merged model
	Default    int      // of calls that name none
	Auto       int      // that dylora sweep chose; 0: none
	MaxLength  int      // tokens of a text
	Parameters int      // that were trained
	Model      string   // base model
}

// member is a loaded adapter.
type member struct {
	info     Info
	session  *session.Session
	group    *group
	anyArity bool // nobody names the task: a text may have a second part or none
	base     bool // rank 0, the base model, may be asked for

	// Guarded by Classifier.lock.
	users int           // calls that are not answered
	idle  chan struct{} // is closed when it is unloaded and nobody uses it any more; nil: it is loaded
}

// newMember opens an adapter; encoder is one that is loaded already, or nil.
func newMember(ctx context.Context, o *Options, name, folder string, rank int, encoder *session.Encoder) (*member, error) {
	env := o.env()
	var a *session.StoredAdapter
	var err error
	if folder == Sentiment {
		a, err = session.OpenSentiment()
	} else {
		a, err = session.OpenAdapterOrModel(env, folder, adapter.Options{})
	}
	if err != nil {
		return nil, &Error{Code: CodeAdapter, Adapter: name, Err: err}
	}
	tokens := min(cmp.Or(o.MaxTokens, defaultMaxTokens), session.EvalTokens) // a larger limit allows executions that may never come
	s, err := session.Open(ctx, env, a, session.Options{Layers: o.layers(), AnyTask: true, Shared: encoder, Load: session.Load{Tokens: tokens}})
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, &Error{Code: CodeAdapter, Adapter: name, Err: err}
	}
	return memberOf(s, name, rank)
}

// memberOf is the adapter of an open session.
func memberOf(s *session.Session, name string, rank int) (*member, error) {
	a, t := s.Adapter, s.Task
	m := &member{session: s, anyArity: s.TaskUnknown()}
	m.info = Info{Name: name, Kind: t.Kind.String(), Labels: slices.Clone(t.Labels), Pair: t.Pair && !m.anyArity, Rank: a.Rank,
		Auto: s.RecordedRank(), MaxLength: s.LongestText(), Parameters: a.Parameters(), Model: s.Encoder.Name}
	if !m.anyArity {
		m.info.Task = t.Name
	}
	var err error
	if m.info.Default = a.Rank; rank != 0 {
		m.info.Default, err = m.rank(&rank)
	}
	return m, err
}

// rank is the rank that somebody asks for, nil the default.
func (m *member) rank(asked *int) (int, error) {
	i := m.info
	switch {
	case asked == nil:
		return i.Default, nil
	case *asked == AutoRank && i.Auto == 0:
		return 0, m.fault(CodeRank, fmt.Errorf("adapter %s has no rank that dylora sweep chose: give a rank from 1 to %d", i.Name, i.Rank))
	case *asked == AutoRank:
		return i.Auto, nil
	case *asked == 0 && (i.Rank == 0 || m.base):
		return 0, nil
	case i.Rank == 0:
		return 0, m.fault(CodeRank, fmt.Errorf("%s is a merged model, which has no ranks: leave the rank out", i.Name))
	case *asked < 1 || *asked > i.Rank:
		return 0, m.fault(CodeRank, fmt.Errorf("rank %d is not in 1 to %d, the ranks of adapter %s", *asked, i.Rank, i.Name))
	}
	return *asked, nil
}

// find is the adapter of a name, or the only one; its user has to release it.
func (c *Classifier) find(name string) (*member, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	m := c.members[name]
	switch {
	case c.closed:
		return nil, &Error{Code: CodeClosed, Err: fmt.Errorf("the classifier is closed")}
	case m != nil:
	case len(c.members) == 0:
		return nil, &Error{Code: CodeNoAdapter, Adapter: name, Err: fmt.Errorf("no adapter is loaded")}
	case name != "":
		return nil, &Error{Code: CodeNoAdapter, Adapter: name, Err: fmt.Errorf("no adapter %.80q is loaded: there are %s", name, c.names())}
	case len(c.members) > 1:
		return nil, &Error{Code: CodeNoAdapter, Err: fmt.Errorf("several adapters are loaded: name one of %s", c.names())}
	default:
		for _, m = range c.members {
		}
	}
	m.users++
	return m, nil
}

// release ends the use of an adapter.
func (c *Classifier) release(m *member) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if m.users--; m.users == 0 && m.idle != nil {
		close(m.idle)
	}
}

// names are those of the loaded adapters, for messages.
func (c *Classifier) names() string {
	return strings.Join(slices.Sorted(maps.Keys(c.members)), ", ")
}

// Adapters are the loaded adapters, by name.
func (c *Classifier) Adapters() (list []Info) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.members)) {
		i := c.members[name].info
		i.Labels = slices.Clone(i.Labels)
		list = append(list, i)
	}
	return list
}
