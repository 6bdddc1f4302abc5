package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/tokenizer"
	"github.com/dylora/dylora/models"
)

// Exported is the base model as a folder that Transformers loads.
type Exported struct {
	Model  string   `json:"model"`
	Folder string   `json:"folder"`
	Files  []string `json:"files"`
	Bytes  int64    `json:"bytes"`
	Labels []string `json:"labels,omitempty"` // that config.json names
}

// ExportBase writes the built-in base model to the folder out, which must not exist: config.json, the weights and the
// tokenizer's files, with a tokenizer_config.json that has model_max_length. Of an adapter, which may be nil, config.json gets
// the labels, so that PEFT's AutoPeft classes answer with them. Other models are folders already, or the Hub's: they are of
// class Usage.
func ExportBase(name, out string, a *StoredAdapter) (*Exported, error) {
	if name != settings.BuiltIn {
		return nil, fault.Usagef("model %q is not built in: only %s is, and others are in a folder or on the Hub already", name, settings.BuiltIn)
	}
	if _, err := os.Lstat(out); err == nil {
		return nil, fault.Usagef("%s exists; remove it or give another folder", out)
	}
	files := models.Mini()
	config, err := fs.ReadFile(files, "config.json")
	if err != nil {
		return nil, err
	}
	parsed, err := model.ParseConfig("config.json", config)
	if err != nil {
		return nil, err
	}
	// The weights are stored in 16 bits, and dylora computes with them in 32: Transformers would compute as they are stored.
	config, err = editJSON("config.json", config, func(values map[string]any) { values["torch_dtype"] = "float32" })
	if err != nil {
		return nil, err
	}
	e := &Exported{Model: name, Folder: out}
	if a != nil && a.Provenance != nil {
		e.Labels = a.Provenance.Labels
		if config, err = labelledConfig(config, a); err != nil {
			return nil, err
		}
	}
	contents := []disk.Content{{Name: "config.json", Data: config}}
	for _, name := range append([]string{"model.safetensors"}, tokenizer.Files()...) {
		b, err := fs.ReadFile(files, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		contents = append(contents, disk.Content{Name: name, Data: b})
	}
	contents = withMaxLength(contents, parsed.MaxLength())
	for _, c := range contents {
		e.Files, e.Bytes = append(e.Files, c.Name), e.Bytes+int64(len(c.Data))
	}
	if err := disk.Commit(disk.Real{}, out, contents, false); err != nil {
		return nil, fmt.Errorf("cannot write the base model to %s: %w", out, err)
	}
	return e, nil
}

// WriteText writes a line.
func (e *Exported) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s written to %s: %d files, %s\n", e.Model, e.Folder, len(e.Files), evaluate.Size(e.Bytes))
	return err
}

// labelledConfig is a config.json with the labels of the adapter.
func labelledConfig(config []byte, a *StoredAdapter) ([]byte, error) {
	labels := a.Provenance.Labels
	if len(labels) == 0 { // a regression of one output
		labels = []string{"score"}
	}
	t := &data.Task{Kind: recordedKind(a.Provenance)}
	return editJSON("config.json", config, func(values map[string]any) {
		values["id2label"], values["label2id"] = labelMaps(labels)
		values["problem_type"] = problemType(t)
	})
}

// labelMaps are id2label and label2id of config.json.
func labelMaps(labels []string) (names map[string]string, numbers map[string]int) {
	names, numbers = map[string]string{}, map[string]int{}
	for i, l := range labels {
		names[strconv.Itoa(i)], numbers[l] = l, i
	}
	return names, numbers
}

// tokenizerConfig is the file in which Transformers looks for the length that texts are cut to.
const tokenizerConfig = "tokenizer_config.json" //nolint:gosec // no such token

// withMaxLength are the files of a model folder with a tokenizer_config.json: their own as it is, else one that says only that texts are cut
// to limit tokens. Without it Transformers cuts nothing, and texts that are too long end in an error.
func withMaxLength(files []disk.Content, limit int) []disk.Content {
	if slices.ContainsFunc(files, func(f disk.Content) bool { return f.Name == tokenizerConfig }) {
		return files
	}
	return append(files, disk.Content{Name: tokenizerConfig, Data: fmt.Appendf(nil, "{\n  \"model_max_length\": %d\n}\n", limit)})
}

// editJSON is a file of one object after edit; keys come sorted.
func editJSON(file string, text []byte, edit func(values map[string]any)) ([]byte, error) {
	values := map[string]any{}
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, fault.Invalidf("%s: %w", file, err)
	}
	edit(values)
	b, err := json.MarshalIndent(values, "", "  ")
	return append(b, '\n'), err
}
