package main

import (
	"cmp"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/predict"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// input opens the source of the texts and gives its name for messages.
func (o *predictOptions) input() (io.ReadCloser, string, error) {
	if o.in != "-" {
		f, err := os.Open(o.in)
		if err != nil {
			return nil, "", fault.Invalidf("--in: %w", disk.PathFirst(err, o.in))
		}
		return f, o.in, nil
	}
	if f, ok := o.io.in.(*os.File); ok {
		return f, "stdin", nil
	}
	return io.NopCloser(o.io.in), "stdin", nil
}

// takeColumns takes what the user says of the input's columns out of the layers: for a task of
// other data than the user's own files these settings mean nothing, and the columns of texts to
// predict may be others than those of the training.
func (o *predictOptions) takeColumns() {
	if !o.format.Named() {
		return
	}
	told := func(l *settings.Layer) bool { return len(l.Only("files").Keys()) > 0 }
	if o.byEnding && o.format == predict.TSV && !slices.ContainsFunc(o.layers, told) {
		o.format = predict.Lines // two texts with a tab between, as they always were
		return
	}
	for i, l := range o.layers {
		if v, ok := l.Value("text_column"); ok {
			o.named.Text, _ = v.(string)
		}
		if v, ok := l.Value("pair_column"); ok {
			o.named.Pair, _ = v.(string)
		}
		if v, ok := l.Value("quoting"); ok {
			o.named.Quoting, _ = v.(data.Quoting)
		}
		o.layers[i] = l.Without("text_column", "pair_column", "quoting")
	}
}

// texts goes through the input. What the user does not say of its columns, the adapter's
// training does.
func (o *predictOptions) texts(s *session.Session, in io.Reader, name string) iter.Seq2[predict.Text, error] {
	columns := predict.Columns{
		Text: cmp.Or(o.named.Text, s.Data.TextColumn), Pair: cmp.Or(o.named.Pair, s.Data.PairColumn), Quoting: cmp.Or(o.named.Quoting, s.Data.Quoting),
	}
	unknown := s.TaskUnknown()
	switch {
	case o.format.Named() && (o.format != predict.JSONL || !columns.Plain()):
		return predict.ReadColumns(in, name, o.format, columns, s.Task.Pair || unknown && columns.Pair != "")
	case unknown:
		return predict.ReadAny(in, name, o.format)
	}
	return predict.Read(in, name, o.format, s.Task.Pair)
}
