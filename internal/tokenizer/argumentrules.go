package tokenizer

import (
	"regexp"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
)

// inPlace are arguments that would put something else in the place of the folder's files.
// Transformers never writes them.
var inPlace = []string{"vocab", "merges", "tokenizer_object", "gguf_file", "post_processor", "tokenizer_truncation", "tokenizer_padding",
	"_json_truncation", "_json_padding", "_spm_precompiled_charsmap", "unk_id"}

// versioned is a tokenizer.json for a range of releases of Transformers.
var versioned = regexp.MustCompile(`tokenizer\.(.*)\.json`)

// refuse refuses arguments that change ids in a way that is not supported. All others that no
// class has a use for have no effect.
func (a *arguments) refuse(*modelFolder) error {
	for _, s := range a.list {
		if err := s.refuse(); err != nil {
			return err
		}
	}
	return nil
}

func (s argument) refuse() error {
	switch {
	case slices.Contains(inPlace, s.name):
		return fault.Invalidf("%s: key %s is not supported: remove it", s.file, s.name)
	case s.mapped && (s.name == "add_bos_token" || s.name == "add_eos_token"):
		return fault.Invalidf("%s: key %s is not supported in this file: remove it", s.file, s.name)
	case s.name == "split_special_tokens" && orNull(s.value).Kind() != 'f':
		return fault.Invalidf("%s: split_special_tokens is not supported: only false is", s.file)
	case s.name == "init_inputs" && string(orNull(s.value)) != "[]":
		return fault.Invalidf("%s: init_inputs is not supported: only [] is", s.file)
	case s.name == "auto_map":
		return s.refuseCode()
	case s.name == "fast_tokenizer_files":
		return s.refuseVersions()
	case s.name == "padding_side" || s.name == "truncation_side":
		_, err := s.side()
		return err
	}
	return nil
}

// refuseCode refuses a tokenizer whose class is code in the folder.
func (s argument) refuseCode() error {
	if orNull(s.value).Kind() == '{' {
		var m map[string]jsontext.Value
		if err := s.decode(&m); err != nil {
			return err
		}
		if orNull(m["AutoTokenizer"]).Kind() == 'n' {
			return nil
		}
	}
	return fault.Invalidf("%s: auto_map names a tokenizer whose code is in the folder, which dylora does not run: use a model whose tokenizer is one of Transformers", s.file)
}

// refuseVersions refuses a tokenizer.json that is one of several.
func (s argument) refuseVersions() error {
	if s.null() {
		return fault.Invalidf("%s: fast_tokenizer_files is null: remove it", s.file)
	}
	elements, err := s.elements()
	for _, e := range elements {
		var name string
		if err := e.decode(&name); err != nil {
			return err
		}
		if versioned.MatchString(name) {
			return fault.Invalidf("%s: fast_tokenizer_files names %s: only tokenizer.json is supported, rename the right file to it and remove the key", s.file, printable(name))
		}
	}
	return err
}

// side reads padding_side or truncation_side.
func (s argument) side() (left bool, err error) {
	var side string
	if err := s.decode(&side); err != nil {
		return false, err
	}
	if side != "left" && side != "right" {
		return false, fault.Invalidf("%s: %s is %s, neither \"left\" nor \"right\": write one of them", s.file, s.name, printable(side))
	}
	return side == "left", nil
}

// flag reads a flag, which is usual where no file has it.
func (a *arguments) flag(name string, usual bool) (is bool, source string, err error) {
	s, ok := a.get(name)
	if !ok {
		return usual, "the default of the class", nil
	}
	if s.null() {
		return false, "", fault.Invalidf("%s: key %s holds null where true or false belongs: write one of them, or remove the key", s.file, printable(s.key))
	}
	return is, s.place(), s.decode(&is)
}

// place is the file and the key, for decisions.
func (s argument) place() string { return s.file + ": " + s.name }
