package predict

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// Submission is the folder of files for GLUE's server at one rank.
type Submission struct {
	Rank   int      `json:"rank"`
	Folder string   `json:"folder"`
	Files  []string `json:"files"` // written now
}

// Plan are the submissions of a task in a folder, at each of the ranks. A folder that holds
// anything but files of GLUE's, or without replace one that has files to write, is refused.
func Plan(t *data.Task, d settings.Data, folder string, ranks []int, replace bool) ([]Submission, error) {
	parts, err := partsHere(t, d)
	if err != nil {
		return nil, err
	}
	plan := make([]Submission, len(ranks))
	for i, r := range ranks {
		plan[i] = Submission{Rank: r, Folder: filepath.Join(folder, fmt.Sprintf("rank-%d", r))}
		for _, p := range parts {
			plan[i].Files = append(plan[i].Files, p.File)
		}
		if _, err := plan[i].others(replace); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// partsHere are the parts of a task whose splits are there.
func partsHere(t *data.Task, d settings.Data) ([]Part, error) {
	parts, err := Parts(t)
	if err != nil || d.DataDir == "" { // the Hub has all of them
		return parts, err
	}
	return slices.DeleteFunc(parts, func(p Part) bool { return p.Optional && !t.Has(d.DataDir, p.Split) }), nil
}

// Submit answers the test splits of the session's task at the ranks of a plan, and writes its
// folders.
func Submit(ctx context.Context, env *session.Env, s *session.Session, plan []Submission, replace bool) error {
	parts, err := partsHere(s.Task, s.Data)
	if err != nil {
		return err
	}
	ranks := make([]int, len(plan))
	for i := range plan {
		ranks[i] = plan[i].Rank
	}
	answers := make([][]disk.Content, len(plan))
	for _, p := range parts {
		results, err := s.Measure(ctx, p.Split, ranks)
		if err != nil {
			return err
		}
		for i := range results {
			b, err := SubmissionFile(s.Task, &results[i])
			if err != nil {
				return err
			}
			answers[i] = append(answers[i], disk.Content{Name: p.File, Data: b})
		}
	}
	if n := s.Data.MaxEvalExamples; n > 0 {
		env.Say(fmt.Sprintf("max_eval_examples is %d: longer splits are cut, and the server refuses them", n))
	}
	for i := range plan {
		if err := plan[i].write(answers[i], replace); err != nil {
			return err
		}
	}
	return nil
}

// others are the files of other tasks in the folder, which stay.
func (w *Submission) others(replace bool) (kept []disk.Content, err error) {
	entries, err := os.ReadDir(w.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Usagef("cannot write the submission: %w", disk.PathFirst(err, w.Folder))
	}
	for _, e := range entries {
		path := filepath.Join(w.Folder, e.Name())
		switch {
		case !e.Type().IsRegular() || !slices.Contains(SubmissionFiles(), e.Name()):
			return nil, fault.Usagef("%s is no file of a GLUE submission; give another folder", path)
		case slices.Contains(w.Files, e.Name()) && !replace:
			return nil, fault.Because(session.Occupied, fault.Usagef("%s exists", path))
		case slices.Contains(w.Files, e.Name()):
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		kept = append(kept, disk.Content{Name: e.Name(), Data: b})
	}
	return kept, nil
}

// write commits the folder with the new files and those of other tasks.
func (w *Submission) write(contents []disk.Content, replace bool) error {
	kept, err := w.others(replace)
	if err != nil {
		return err
	}
	_, err = os.Lstat(w.Folder)
	if err := disk.Commit(disk.Real{}, w.Folder, append(contents, kept...), err == nil); err != nil {
		return fmt.Errorf("cannot write the submission to %s: %w", w.Folder, err)
	}
	return nil
}
