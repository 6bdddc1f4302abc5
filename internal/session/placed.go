package session

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/internal/data"
)

// placed is the session's task with the files of a split where they are now. Files that are not those of the training are noted.
func (s *Session) placed(ctx context.Context, split string) (*data.Task, error) {
	own := data.IsFile(s.Data.Task)
	if !local(s.Task, s.Data, split) || !own && s.Data.DataDir == "" {
		return s.Task, nil
	}
	from := split
	held := s.finder.data != nil && s.finder.data.Held != nil
	if own && split == "dev" && s.Data.DevFile == "" {
		if from = "train"; !held {
			return s.Task, nil // which has none
		}
	}
	given, err := s.given(from)
	if err != nil {
		return nil, err
	}
	if r := s.finder.data; r == nil || len(r.Splits[from]) == 0 || !s.recordedTask() {
		s.tellUnrecorded(given, from)
		return s.Task, nil
	}
	paths, other, err := s.finder.find(from, given)
	if err != nil {
		return nil, err
	}
	s.noteOther(other)
	t := s.Task.At(from, paths)
	if !own || !held || from == "dev" {
		return t, nil
	}
	return s.withHeld(ctx, t)
}

// recordedTask says whether the task is the one that the data are recorded of.
func (s *Session) recordedTask() bool {
	return data.IsFile(s.Data.Task) == data.IsFile(s.finder.data.Task) && (data.IsFile(s.Data.Task) || s.Task.Name == s.finder.data.Task)
}

// given are the files that the user named for a split; nil for none.
func (s *Session) given(split string) ([]string, error) {
	switch own := data.IsFile(s.Data.Task); {
	case own && split == "train" && s.settings.Explicit("task"):
		return data.Paths(s.Data.Task)
	case own && split == "dev" && s.settings.Explicit("dev_file"):
		return data.Paths(s.Data.DevFile)
	case !own && s.settings.Explicit("data_dir"):
		return s.Task.Paths(s.Data.DataDir, split)
	}
	return nil, nil
}

// withHeld is the task with the rows of the training files that are its dev split. A run has them; of an adapter elsewhere
// they are drawn again.
func (s *Session) withHeld(ctx context.Context, t *data.Task) (*data.Task, error) {
	h := s.finder.data.Held
	if h.Dev != nil {
		return t.WithHeld(h), nil
	}
	all, err := ReadSplit(ctx, s.env, t, s.Data, "train")
	if err != nil {
		return nil, err
	}
	if h, err = data.Hold(t, all, h.Share, h.Seed); err != nil {
		return nil, err
	}
	return t.WithHeld(h), nil
}

// tellUnrecorded says once that nothing is known of the data but their name.
func (s *Session) tellUnrecorded(given []string, split string) {
	if given != nil || s.toldUnrecorded || s.finder.data != nil || s.Run == "" && s.labels() == nil {
		return
	}
	s.toldUnrecorded = true
	s.env.Say(fmt.Sprintf("%s records no hashes of its data, as older versions made it: its %s split is read as its settings name it", s.Path, split))
}

// noteOther keeps and tells which files are not those of the training.
func (s *Session) noteOther(lines []string) {
	for _, line := range lines {
		s.env.Say("other data than in training: " + line)
	}
	s.OtherData = append(s.OtherData, lines...)
}

// newFinder reads what is recorded of the data.
func (a *StoredAdapter) newFinder(allow bool) (*finder, error) {
	f := &finder{run: a.Run, name: a.Path, data: recordedData(a.Provenance), allow: allow}
	if a.Run == "" {
		return f, nil
	}
	of, err := ReadRunData(a.Run)
	if of != nil {
		f.data = of
	}
	return f, err
}
