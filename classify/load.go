package classify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/session"
)

// Load adds the adapter of a folder under a name, with the rank that calls get which name none: 0 is its largest, AutoRank the one
// that dylora sweep chose. Calls are answered meanwhile.
func (c *Classifier) Load(ctx context.Context, name, folder string, defaultRank int) (Info, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	if err := c.free(name); err != nil {
		return Info{}, err
	}
	m, err := newMember(ctx, &c.options, name, folder, defaultRank, c.encoder())
	if err != nil {
		return Info{}, err
	}
	return m.info, c.adopt(m)
}

// free refuses a name that cannot be given to an adapter.
func (c *Classifier) free(name string) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	switch {
	case c.closed:
		return &Error{Code: CodeClosed, Err: errors.New("the classifier is closed")}
	case name == "":
		return &Error{Code: CodeOption, Err: errors.New("an adapter needs a name")}
	case c.members[name] != nil:
		return &Error{Code: CodeExists, Adapter: name, Err: fmt.Errorf("an adapter %.80q is loaded: unload it first", name)}
	}
	return nil
}

// encoder is a base model that is loaded, for further adapters; nil if there is none.
func (c *Classifier) encoder() *session.Encoder {
	for _, g := range c.groups {
		if base := g.members[0].session.Base(); base != nil {
			return base
		}
	}
	return nil
}

// adopt lets calls use adapters; changing is held.
func (c *Classifier) adopt(list ...*member) error {
	more := map[*group][]*member{}
	var changed []*group
	for _, m := range list {
		m.group = c.groupOf(m, changed)
		if more[m.group] == nil {
			changed = append(changed, m.group)
		}
		more[m.group] = append(more[m.group], m)
	}
	for _, g := range changed {
		if err := g.set(append(slices.Clone(g.members), more[g]...), c.queue.limits); err != nil {
			return &Error{Code: CodeAdapter, Adapter: more[g][0].info.Name, Err: err}
		}
		if !slices.Contains(c.groups, g) {
			c.groups = append(c.groups, g)
		}
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, m := range list {
		c.members[m.info.Name] = m
	}
	return nil
}

// groupOf is the group of an adapter's base model: one that is there, one of more, or a new one.
func (c *Classifier) groupOf(m *member, more []*group) *group {
	for _, g := range slices.Concat(c.groups, more) {
		if g.model == m.session.Encoder.Model {
			return g
		}
	}
	return &group{model: m.session.Encoder.Model}
}

// Unload removes an adapter, and its base model with the last one of it. Calls that came before are answered, and Unload waits for
// them; when ctx ends before, it is removed all the same.
func (c *Classifier) Unload(ctx context.Context, name string) error {
	c.lock.Lock()
	m := c.members[name]
	if m == nil {
		defer c.lock.Unlock()
		return &Error{Code: CodeNoAdapter, Adapter: name, Err: fmt.Errorf("no adapter %.80q is loaded", name)}
	}
	delete(c.members, name)
	if m.idle = make(chan struct{}); m.users == 0 {
		close(m.idle)
	}
	c.lock.Unlock()
	gone := make(chan error, 1)
	go func() {
		<-m.idle
		gone <- c.leave(m)
	}()
	select {
	case err := <-gone:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave takes an adapter that nobody uses out of its group.
func (c *Classifier) leave(m *member) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	g := m.group
	if !slices.Contains(c.groups, g) { // closed meanwhile
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(g.members), func(x *member) bool { return x == m })
	if len(others) == 0 {
		c.groups = slices.DeleteFunc(c.groups, func(x *group) bool { return x == g })
	}
	return g.set(others, c.queue.limits)
}
