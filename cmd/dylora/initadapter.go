package main

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/weights"
)

// start is the adapter that a run starts from, as far as the run remembers it.
type start struct {
	path        string // as it is found again
	task        string // "" where its folder does not say
	fingerprint string
	head        bool // taken over too: it is for the same task
}

// startFrom gives the new adapter the A and B of the one that init_adapter names. Its head
// answers the questions of its own task, so another task's is left behind, as the
// reference scripts do when they start from MNLI's.
func (t *training) startFrom() error {
	path := t.settings.Adapter.InitAdapter
	if path == "" {
		return nil
	}
	from, err := openAdapter(t.io, path, adapter.Options{})
	if err != nil {
		return fmt.Errorf("init_adapter: %w", err)
	}
	t.settings.Adapter.InitAdapter = from.path // runs/latest will be another run soon
	if f := from.facts; f != nil && f.ModelHash != "" && f.ModelHash != t.base.model.Hash {
		return fault.Invalidf("init_adapter: %s was trained on another base model, %s: give that one as model", path, f.Model)
	}
	if err := t.adapter.StartFrom(from.adapter); err != nil {
		return fmt.Errorf("init_adapter: %s does not fit: %w", path, err)
	}
	t.start = &start{path: from.path, fingerprint: from.adapter.Fingerprint()}
	if f := from.facts; f != nil && f.Task != "" {
		t.start.task = f.Task
		t.start.head = f.Task == t.task.Name && slices.Equal(f.Labels, t.task.Labels) && weights.SameShapes(from.adapter.Head, t.adapter.Head)
	}
	if t.start.head {
		t.adapter.Head = from.adapter.Head
	}
	return nil
}

// describe is one line for a user.
func (s *start) describe() string {
	head := "its head, of the same task, too"
	if !s.head && s.task == "" {
		head = "a new head"
	} else if !s.head {
		head = fmt.Sprintf("a new head instead of that for %s", s.task)
	}
	return fmt.Sprintf("starts from the A and B of %s; %s", s.path, head)
}
