package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/predict"
)

// submission is what predict --glue prints of a rank.
type submission struct {
	Rank   int      `json:"rank"`
	Folder string   `json:"folder"`
	Files  []string `json:"files"` // written now
}

// submit answers the task's test splits at each of the ranks and writes a folder per rank.
func (o *predictOptions) submit(ctx context.Context, s *session) error {
	ranks, err := o.rankList(s, "all")
	if err != nil {
		return err
	}
	parts, err := predict.Parts(s.task)
	if err != nil {
		return err
	}
	if dir := s.settings.Data.DataDir; dir != "" { // the Hub has all of them
		parts = slices.DeleteFunc(parts, func(p predict.Part) bool { return p.Optional && !s.task.Has(dir, p.Split) })
	}
	written := make([]submission, len(ranks))
	for i, r := range ranks {
		written[i] = submission{Rank: r, Folder: filepath.Join(o.glue, fmt.Sprintf("rank-%d", r))}
		for _, p := range parts {
			written[i].Files = append(written[i].Files, p.File)
		}
		if _, err := written[i].others(o.force); err != nil { // before the work, not after
			return err
		}
	}
	answers := make([][]disk.Content, len(ranks))
	for _, p := range parts {
		results, err := s.measure(ctx, o.io, p.Split, ranks)
		if err != nil {
			return err
		}
		for i := range results {
			b, err := predict.SubmissionFile(s.task, &results[i])
			if err != nil {
				return err
			}
			answers[i] = append(answers[i], disk.Content{Name: p.File, Data: b})
		}
	}
	if n := s.settings.Data.MaxEvalExamples; n > 0 {
		fmt.Fprintf(o.io.err, "max_eval_examples is %d: longer splits are cut, and the server refuses them\n", n)
	}
	for i := range written {
		if err := written[i].write(answers[i], o.force); err != nil {
			return err
		}
	}
	return o.printSubmissions(written)
}

// others are the files of other tasks in the folder, which stay. It refuses a folder that
// holds anything else, and with force unset one that has files to write.
func (w *submission) others(force bool) (kept []disk.Content, err error) {
	entries, err := os.ReadDir(w.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Usagef("--glue: %w", unwrapPath(err, w.Folder))
	}
	for _, e := range entries {
		path := filepath.Join(w.Folder, e.Name())
		switch {
		case !e.Type().IsRegular() || !slices.Contains(predict.SubmissionFiles(), e.Name()):
			return nil, fault.Usagef("%s is no file of a GLUE submission; give another folder", path)
		case slices.Contains(w.Files, e.Name()) && !force:
			return nil, fault.Usagef("%s exists: add --force to replace it, or give another folder", path)
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
func (w *submission) write(contents []disk.Content, force bool) error {
	kept, err := w.others(force)
	if err != nil {
		return err
	}
	_, err = os.Lstat(w.Folder)
	if err := disk.Commit(disk.Real{}, w.Folder, append(contents, kept...), err == nil); err != nil {
		return fmt.Errorf("cannot write the submission to %s: %w", w.Folder, err)
	}
	return nil
}

func (o *predictOptions) printSubmissions(written []submission) error {
	if o.json {
		return printJSON(o.io.out, map[string]any{"submissions": written})
	}
	for _, w := range written {
		for _, file := range w.Files {
			if _, err := fmt.Fprintf(o.io.out, "rank %d  %s\n", w.Rank, filepath.Join(w.Folder, file)); err != nil {
				return err
			}
		}
	}
	return nil
}
