package classify

import (
	"errors"
	"slices"
	"sync"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
)

// group is the adapters of one base model, which share executions.
type group struct {
	model *model.Model

	lock    sync.Mutex // of an execution, and of a change of the fields below
	members []*member
	place   map[*member]int
	joint   *program.Joint
}

// join makes the program of members, with room for executions within the limits.
func join(members []*member, l limits) (*program.Joint, error) {
	var programs []*program.Program
	for _, m := range members {
		programs = append(programs, m.session.Program)
	}
	j, err := program.Join(programs)
	if err != nil {
		return nil, err
	}
	return j, j.Reserve(l.tokens, l.sequences())
}

// set makes a group consist of members. Executions go on with those before until the new program is ready. One change of
// a group at a time.
func (g *group) set(members []*member, l limits) (err error) {
	var joint *program.Joint
	if len(members) > 0 {
		if joint, err = join(members, l); err != nil {
			return err
		}
	}
	g.lock.Lock()
	old := g.joint
	g.members, g.joint, g.place = members, joint, map[*member]int{}
	for i, m := range members {
		g.place[m] = i
	}
	g.lock.Unlock()
	if old != nil {
		err = old.Close()
	}
	return err
}

// execute computes a batch, all of the group, and gives each item its logits.
func (g *group) execute(batch []*item) error {
	g.lock.Lock()
	defer g.lock.Unlock()
	slices.SortStableFunc(batch, func(a, b *item) int { // sequences of an adapter lie together
		if d := g.place[a.m] - g.place[b.m]; d != 0 {
			return d
		}
		return a.rank - b.rank
	})
	sequences, uses := make([]data.Encoded, len(batch)), make([]program.Use, len(batch))
	for i, x := range batch {
		place, ok := g.place[x.m]
		if !ok {
			return errors.New("classify: an adapter that is in use was unloaded")
		}
		sequences[i], uses[i] = x.text.Encoded, program.Use{Member: place, Rank: x.rank}
	}
	logits, err := g.joint.Logits(data.Pack(sequences), uses)
	if err != nil {
		return err
	}
	width := g.joint.Width()
	for i, x := range batch {
		x.logits = slices.Clone(logits[i*width:][:x.m.session.Program.Labels()])
	}
	return nil
}
