package datacheck

import (
	"context"
	"errors"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// Report is what the files of a task hold. Its JSON is an interface for scripts.
type Report struct {
	Task     string    `json:"task"`
	Kind     string    `json:"kind"`
	Splits   []Split   `json:"splits"`
	DevShare float64   `json:"dev_share,omitzero"` // of the training file's texts that training takes for dev; 0: dev has files, or there is none
	Findings []Finding `json:"findings"`           // the worst first
}

// Split is one split.
type Split struct {
	Name   string  `json:"name"`
	Files  []File  `json:"files"`
	Rows   int     `json:"rows"`
	Labels []Count `json:"labels,omitempty"` // by name; none of a regression
}

// File is a file that was read.
type File struct {
	Name   string `json:"name"`   // as it was given
	SHA256 string `json:"sha256"` // of its bytes, in hex
	Bytes  int64  `json:"bytes"`
}

// Count is how many rows have a label.
type Count struct {
	Label string `json:"label"`
	Rows  int    `json:"rows"`
}

// Make reads the files that the settings name and reports on them. The tokenizer of the model that they name says which texts
// are too long. A file that cannot be read as training would read it is an error.
func Make(ctx context.Context, env *session.Env, r *settings.Resolved) (report *Report, err error) {
	d := r.Data
	if !data.IsFile(d.Task) {
		return nil, fault.Usagef("task: %q is no file: name one that ends in %s", d.Task, data.FileEndings)
	}
	report = &Report{Task: data.FilesName(d.Task), Kind: d.Kind.String()}
	f := data.Files{Train: d.Task, Dev: d.DevFile, Text: d.TextColumn, Pair: d.PairColumn, Label: d.LabelColumn,
		Kind: d.Kind, Quoting: d.Quoting, Delimiter: d.Delimiter, Separator: d.LabelSeparator}
	rows := Data{Kind: d.Kind}
	for _, s := range []struct {
		name, spec string
		into       *[]data.Raw
	}{{"train", d.Task, &rows.Train}, {"dev", d.DevFile, &rows.Dev}} {
		if s.spec == "" {
			continue
		}
		files, err := f.Raw(s.spec, func(r data.Raw) error {
			*s.into = append(*s.into, r)
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
		report.Splits = append(report.Splits, newSplit(s.name, files, *s.into, d.Kind))
	}
	if d.DevFile == "" {
		report.DevShare = d.DevShare
	}
	encoder, err := session.FindEncoder(ctx, env, r, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, encoder.Folder.Close()) }()
	cut, err := truncated(ctx, rows, Limit{encoder.Tokenizer, encoder.MaxLength}, 0)
	report.Findings = Find(rows, cut)
	return report, err
}

func newSplit(name string, files []data.File, rows []data.Raw, kind data.Kind) Split {
	s := Split{Name: name, Rows: len(rows)}
	for _, f := range files {
		s.Files = append(s.Files, File{f.Path, f.SHA256, f.Bytes})
	}
	if kind == data.Regression {
		return s
	}
	for _, l := range gatherLabels(Data{Train: rows}).sorted() {
		s.Labels = append(s.Labels, Count{l.first, l.train})
	}
	return s
}
