package plan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// maxSeeds bounds the trainings that differ in the seed alone.
const maxSeeds = 1000

// ParseSeeds reads seeds and ranges of them, such as "1-5" or "1,2,40-42", each of which comes once. Errors are
// of class Usage.
func ParseSeeds(spec string) (seeds []uint64, err error) {
	wrong := func(part, what string) error {
		return fault.Usagef("seeds: %q %s: want such as 1-5 or 1,2,7", part, what)
	}
	for part := range strings.SplitSeq(spec, ",") {
		part = strings.TrimSpace(part)
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.ParseUint(strings.TrimSpace(from), 10, 64)
		last, errLast := strconv.ParseUint(strings.TrimSpace(to), 10, 64)
		switch {
		case err != nil || errLast != nil:
			return nil, wrong(part, "is no seed, a whole number from 0 on")
		case last < first:
			return nil, wrong(part, "counts down")
		case last-first >= maxSeeds-uint64(len(seeds)):
			return nil, wrong(part, fmt.Sprintf("makes more than %d trainings", maxSeeds))
		}
		for seed := first; ; seed++ {
			if slices.Contains(seeds, seed) {
				return nil, wrong(part, fmt.Sprintf("has seed %d twice", seed))
			}
			seeds = append(seeds, seed)
			if seed == last {
				break
			}
		}
	}
	return seeds, nil
}

// Seeds plans the training of r with each of the seeds, in the folders seed-N of folder, by default
// runs/TASK-seeds-ID, whose name is the same for the same settings. It also gives the settings of the machine, which
// are no part of the plan. A seed that is set besides is an error of class Usage.
func Seeds(r *settings.Resolved, seeds []uint64, folder string) (*Plan, *settings.Layer, error) {
	if r.Explicit("seed") {
		return nil, nil, fault.Usagef("seed is set (%s), and seeds are given: leave it out", r.Place("seed"))
	}
	if folder == "" {
		folder = filepath.Join(session.RunsRoot, nameOf("task", r)+"-seeds-"+ID(r))
	}
	p := &Plan{Path: filepath.Join(folder, "plan.jsonl")}
	machine := settings.NewLayer(settings.Flag)
	shared := map[string]any{"task": r.Data.Task}
	for _, f := range r.Fields() {
		switch v := settings.Plain(f.Value); {
		case !r.Explicit(f.Key):
		case slices.Contains(MachineKeys(), f.Key):
			machine.Set(f.Key, r.Place(f.Key), v)
		default:
			shared[f.Key] = v
		}
	}
	for _, seed := range seeds {
		l := Line{Index: len(p.Lines), Run: filepath.Join(folder, fmt.Sprintf("seed-%d", seed)), Settings: map[string]any{"seed": seed}}
		for key, v := range shared {
			l.Settings[key] = v
		}
		whole, err := settings.WithRecipe(l.Layer(p.Place(&l)))
		if err != nil {
			return nil, nil, err
		}
		l.ID = ID(whole)
		p.Lines = append(p.Lines, l)
	}
	return p, machine, nil
}

// Save writes the plan to its path, whose folder it makes. It refuses to replace a file that is no plan, and run
// folders that hold other trainings, before it writes anything.
func (p *Plan) Save() error {
	for i := range p.Lines {
		if _, err := Look(p, &p.Lines[i]); err != nil {
			return err
		}
	}
	if _, err := os.Stat(p.Path); err == nil {
		if _, err := Read(p.Path); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(p.Path), 0o777); err != nil {
		return fault.Usagef("run folder: %w", err)
	}
	return disk.WriteFile(p.Path, p.Write)
}

// SeedsOrder says with which seeds to train, and where.
type SeedsOrder struct {
	Seeds  string                                   // as ParseSeeds reads them
	Folder string                                   // of the run folders; "": the one of Seeds
	Child  func(plan string) func(l *Line) []string // arguments of a process that trains a line of the plan at a path, as Plan.Run takes them
}

// TrainSeeds trains r once with each of the seeds, as Plan.Run does, and tells what all of the trainings have reached. What is complete is
// not trained again.
func TrainSeeds(ctx context.Context, env *session.Env, r *settings.Resolved, o SeedsOrder) (*Study, error) {
	seeds, err := ParseSeeds(o.Seeds)
	if err != nil {
		return nil, err
	}
	p, machine, err := Seeds(r, seeds, o.Folder)
	if err != nil {
		return nil, err
	}
	if err := p.Save(); err != nil {
		return nil, err
	}
	if err := p.Run(ctx, env, Order{Machine: []*settings.Layer{machine}, Jobs: 1}, o.Child(p.Path)); err != nil {
		return nil, err
	}
	return p.Study()
}
