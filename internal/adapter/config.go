package adapter

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/weights"
)

// savedModules are the modules that PEFT saves whole beside a sequence classifier's adapters.
var savedModules = []string{"classifier", "score"}

// saved are the modules of the given head that PEFT has to save whole: those that it saves
// anyway, and what else the head consists of.
func saved(head []weights.Tensor) (modules []string) {
	for _, t := range head {
		if module, _, _ := headPart(t.Name); !slices.Contains(modules, module) && !slices.Contains(savedModules, module) {
			modules = append(modules, module)
		}
	}
	modules = append(modules, savedModules...)
	slices.Sort(modules)
	return modules
}

// config is what dylora uses of an adapter_config.json.
type config struct {
	rank          int
	alpha         float64
	rslora        bool
	bias          string // "none", "all" or "lora_only"
	ranks, alphas *patterns
	targets       targets
	needsHead     bool     // the head must be in the weights' file
	saves         []string // other modules that are saved whole
}

// parseConfig reads PEFT's adapter_config.json from b. Every key is used, without effect
// on a loaded adapter, or refused by name; see fields.
func parseConfig(file string, b []byte) (*config, error) {
	var values map[string]jsontext.Value
	if err := json.Unmarshal(b, &values); err != nil {
		return nil, fault.Invalidf("%s: %s", file, oneLine(err.Error()))
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := checkField(file, key, values[key]); err != nil {
			return nil, err
		}
	}
	c := new(config)
	if err := c.read(file, values); err != nil {
		return nil, err
	}
	return c, nil
}

func checkField(file, key string, value jsontext.Value) error {
	i := slices.IndexFunc(fields[:], func(f field) bool { return f.name == key })
	value = value.Clone() // Compact works in place
	if err := value.Compact(); err != nil {
		return fault.Invalidf("%s: %s: %s", file, oneLine(key), oneLine(err.Error()))
	}
	if i < 0 && isOff(value) {
		return nil
	}
	if i < 0 {
		return fault.Invalidf("%s: unknown key %s; remove it if the adapter does not depend on it", file, show(key))
	}
	f := fields[i]
	if f.rule == neutral && !slices.Contains(f.allowed, string(value)) {
		return fault.Invalidf("%s: %s is %s, which asks for %s; only %s is supported", file, key, oneLine(string(value)), f.why, f.allowed[0])
	}
	return nil
}

// isOff says whether a value, compact, stands for a feature that is not in use: what a later
// PEFT writes for one that this adapter does without.
func isOff(value jsontext.Value) bool {
	if value.Kind() == '0' {
		x, err := strconv.ParseFloat(string(value), 64)
		return err == nil && x == 0
	}
	return value.Kind() == 'f' || slices.Contains(empty, string(value))
}

// read takes the used fields from values.
func (c *config) read(file string, values map[string]jsontext.Value) error {
	get := func(key string, into any, want string) error {
		v, ok := values[key]
		if !ok {
			return fault.Invalidf("%s: no %s; it must be %s", file, key, want)
		}
		if err := json.Unmarshal(v, into); err != nil {
			return fault.Invalidf("%s: %s is %s, not %s", file, key, oneLine(string(v)), want)
		}
		return nil
	}
	var kind string
	var task *string
	var modules []string
	c.rank, c.alpha = 8, 8 // LoraConfig's
	for _, f := range []struct {
		key      string
		into     any
		want     string
		optional bool // older files lack it
	}{
		{"peft_type", &kind, `"LORA"`, false},
		{"task_type", &task, `"SEQ_CLS" or null`, true},
		{"r", &c.rank, "a whole number above 0", true},
		{"lora_alpha", &c.alpha, "a number above 0", true},
		{"bias", &c.bias, `"none", "all" or "lora_only"`, true},
		{"use_rslora", &c.rslora, "true or false", true},
		{"modules_to_save", &modules, "a list of module names, or null", true},
	} {
		if _, ok := values[f.key]; !ok && f.optional {
			continue
		}
		if err := get(f.key, f.into, f.want); err != nil {
			return err
		}
	}
	ofHead := slices.Concat(savedModules, headModules())
	slices.Sort(modules)
	for _, m := range slices.Compact(modules) { // PEFT writes some twice
		if slices.Contains(ofHead, m) {
			c.needsHead = true
		} else {
			c.saves = append(c.saves, m)
		}
	}
	if err := c.check(file, kind, task); err != nil {
		return err
	}
	return c.readPatterns(file, values)
}

// readPatterns takes the fields that hold names and expressions.
func (c *config) readPatterns(file string, values map[string]jsontext.Value) (err error) {
	if c.ranks, err = parsePatterns("rank_pattern", values["rank_pattern"]); err != nil {
		return fault.Invalidf("%s: rank_pattern %w", file, err)
	}
	for _, p := range c.ranks.list {
		if p.value != math.Trunc(p.value) || p.value > math.MaxInt32 {
			return fault.Invalidf("%s: rank_pattern has %v for %s, not a whole number above 0", file, p.value, show(p.key))
		}
	}
	if c.alphas, err = parsePatterns("alpha_pattern", values["alpha_pattern"]); err != nil {
		return fault.Invalidf("%s: alpha_pattern %w", file, err)
	}
	c.targets, err = parseTargetFields(file, values)
	c.targets.saves = c.saves
	return err
}

// check holds the fields against what is supported.
func (c *config) check(file, kind string, task *string) error {
	if len(c.saves) > maxSaves {
		return fault.Invalidf("%s: modules_to_save has more than %d modules beside the head's", file, maxSaves)
	}
	for _, m := range c.saves {
		if m == "" || regexp.QuoteMeta(m) != strings.ReplaceAll(m, ".", `\.`) { // PEFT takes it for an expression
			return fault.Invalidf("%s: modules_to_save has %s; only names and paths of modules are supported", file, show(m))
		}
	}
	switch {
	case kind != "LORA":
		return fault.Invalidf("%s: peft_type is %s; only LORA is supported", file, show(kind))
	case task != nil && *task != "SEQ_CLS":
		return fault.Invalidf("%s: task_type is %s; only SEQ_CLS is supported", file, show(*task))
	case c.rank < 1:
		return fault.Invalidf("%s: r is %d; it must be above 0", file, c.rank)
	case !(c.alpha > 0) || math.IsInf(c.alpha, 1):
		return fault.Invalidf("%s: lora_alpha is %v; it must be above 0", file, c.alpha)
	case !slices.Contains([]string{"", "none", "all", "lora_only"}, c.bias):
		return fault.Invalidf("%s: bias is %s; it must be none, all or lora_only", file, show(c.bias))
	}
	return nil
}

// encodeConfig writes what PEFT 0.21.2 would for this adapter, byte for byte: all fields
// by name, indented by two.
func encodeConfig(a *Adapter, model string) ([]byte, error) {
	own := map[string]any{
		"r":              a.Rank,
		"lora_alpha":     jsontext.Value(strconv.FormatFloat(a.writtenAlpha(new(Module), a.Rank), 'f', -1, 64)),
		"target_modules": targetModules(a.Modules),
		"bias":           a.biasField(),
		"use_rslora":     a.Scaling == Sqrt,
		"rank_pattern":   a.rankPattern(),
		"alpha_pattern":  a.alphaPattern(),
	}
	if model != "" {
		own["base_model_name_or_path"] = model
	}
	own["modules_to_save"] = append(a.wholeModules(), saved(a.Head)...)
	if len(a.Head) == 0 { // for SEQ_CLS PEFT would look for one in the file
		own["modules_to_save"], own["task_type"] = nil, nil
		if whole := a.wholeModules(); len(whole) > 0 {
			own["modules_to_save"] = whole
		}
	}
	var b bytes.Buffer
	e := jsontext.NewEncoder(&b, jsontext.WithIndent("  "))
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return nil, err
	}
	for _, f := range fields {
		value, ok := own[f.name]
		if !ok && f.written == "" {
			continue
		}
		if !ok {
			value = jsontext.Value(f.written)
		}
		if err := e.WriteToken(jsontext.String(f.name)); err != nil {
			return nil, err
		}
		if err := json.MarshalEncode(e, value, json.Deterministic(true)); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if err := e.WriteToken(jsontext.EndObject); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// show quotes text from a file, oneLine bounds it: a message stays one line whatever the
// file holds.
func show(s string) string { return oneLine(strconv.Quote(s)) }

func oneLine(s string) string {
	const most = 160
	if s = strings.ToValidUTF8(s, "?"); len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.Join(strings.Fields(s), " ")
}
