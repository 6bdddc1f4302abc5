package adapter_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

// plainConfig is the least that dylora reads.
func plainConfig() map[string]string {
	return map[string]string{"peft_type": `"LORA"`, "task_type": `"SEQ_CLS"`, "r": "4", "lora_alpha": "16",
		"target_modules": `["query","value"]`, "modules_to_save": `["classifier","score"]`}
}

// object writes keys and raw values as JSON.
func object(m map[string]string) []byte {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%q:%s", k, m[k]))
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

func TestConfigAccepts(t *testing.T) {
	tests := map[string]map[string]string{
		"the least":                 {},
		"no module saved whole":     {"modules_to_save": "null"},
		"other modules saved whole": {"modules_to_save": `["classifier","pooler","embeddings.LayerNorm"]`},
		"for other layers' weights": {"fan_in_fan_out": "true"},
		"the default's targets":     {"target_modules": "null"},
		"alpha a fraction":          {"lora_alpha": "0.5"},
		"dropout of training":       {"lora_dropout": "0.1"},
		"patterns that say nothing": {"rank_pattern": "{ }", "alpha_pattern": "null", "layers_pattern": "[]"},
		"an init that is over":      {"init_lora_weights": `"gaussian"`, "eva_config": "null"},
		"fields of old versions":    {"enable_lora": "null", "merge_weights": "false", "runtime_config": "{}"},
		"no task":                   {"task_type": "null"},
		"biases":                    {"bias": `"all"`},
		"ranks and alphas by name":  {"rank_pattern": `{"query":2,"^roberta.*layer\\.[0-3]\\..*":4}`, "alpha_pattern": `{"value":2.5}`},
		"rank-stabilised":           {"use_rslora": "true"},
		"an expression":             {"target_modules": `".*\\.(query|value)"`},
		"all of them":               {"target_modules": `"All-Linear"`},
		"some layers":               {"layers_to_transform": "[0,2]", "layers_pattern": `"layer"`},
		"one layer":                 {"layers_to_transform": "3", "layers_pattern": `["layer","h"]`},
		"modules left out":          {"exclude_modules": `["key"]`},
		"a later PEFT's fields":     {"use_new": "false", "new_config": "null", "new_list": "[ ]", "new_pattern": "{\n}", "new_note": `""`, "new_size": "0", "new_rate": "-0.0"},
		"names of the base model":   {"base_model_name_or_path": `"roberta-base"`, "revision": `"main"`},
	}
	for name, changes := range tests {
		m := plainConfig()
		maps.Copy(m, changes)
		if err := adapter.CheckConfig("c", object(m)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A key that is not there has the default of LoraConfig.
func TestConfigDefaults(t *testing.T) {
	m := plainConfig()
	for _, key := range []string{"r", "lora_alpha", "target_modules", "modules_to_save", "task_type"} {
		delete(m, key)
	}
	if err := adapter.CheckConfig("c", object(m)); err != nil {
		t.Error(err)
	}
	for _, targets := range []string{`"query"`, `"all-linear"`} {
		m := plainConfig()
		m["target_modules"], m["layers_to_transform"] = targets, "[0]"
		refusesConfig(t, object(m), "layers_to_transform beside a target_modules that is an expression")
	}
}

func TestConfigRefuses(t *testing.T) {
	tests := []struct{ key, value, want string }{
		{"peft_type", `"ADALORA"`, `"ADALORA"; only LORA`},
		{"peft_type", `null`, "only LORA"},
		{"peft_type", `{}`, `not "LORA"`},
		{"peft_type", "", "no peft_type"},
		{"task_type", `"CAUSAL_LM"`, "CAUSAL_LM"},
		{"r", `0`, "r is 0"},
		{"r", `-3`, "r is -3"},
		{"r", `1.5`, "not a whole number"},
		{"r", `1e99`, "not a whole number"},
		{"r", `"8"`, "not a whole number"},
		{"lora_alpha", `0`, "above 0"},
		{"lora_alpha", `-1`, "above 0"},
		{"lora_alpha", `1e999`, "lora_alpha is 1e999"},
		{"lora_alpha", `"16"`, "not a number"},
		{"target_modules", `[]`, "empty"},
		{"target_modules", `[1]`, "not a list"},
		{"modules_to_save", `["embed(dings)?"]`, `"embed(dings)?"`},
		{"modules_to_save", `[""]`, `""`},
		{"modules_to_save", `"classifier"`, "not a list"},
		{"use_dora", `true`, "DoRA"},
		{"use_qalora", `true`, "QALoRA"},
		{"lora_bias", `true`, "lora_bias is true"},
		{"task_type", `1`, "task_type is 1"},
		{"bias", `"some"`, `bias is "some"`},
		{"bias", `["all"]`, "bias is"},
		{"use_rslora", `"yes"`, "use_rslora is"},
		{"rank_pattern", `["query"]`, "rank_pattern is"},
		{"rank_pattern", `{"query":0}`, `rank_pattern has 0 for "query"`},
		{"rank_pattern", `{"query":-4}`, `rank_pattern has -4 for "query"`},
		{"rank_pattern", `{"query":2.5}`, "not a whole number"},
		{"rank_pattern", `{"query":1e30}`, "not a whole number"},
		{"rank_pattern", `{"query":1e999}`, "not a number"},
		{"rank_pattern", `{"query":"4"}`, "not a number"},
		{"rank_pattern", `{"query":null}`, "not a number"},
		{"rank_pattern", `{"query":4,"query":4}`, "duplicate"},
		{"alpha_pattern", `{"query":0}`, `alpha_pattern has 0`},
		{"alpha_pattern", `4`, "alpha_pattern is 4"},
		{"layers_to_transform", `"0"`, "layers_to_transform is"},
		{"layers_to_transform", `1.5`, "layers_to_transform is"},
		{"layers_to_transform", `[[0]]`, "layers_to_transform is"},
		{"layers_pattern", `{}`, "layers_pattern is"},
		{"layers_pattern", `"layer"`, "layers_pattern without layers_to_transform"},
		{"layers_pattern", `"("`, "layers_pattern"},
		{"layer_replication", `[[0,1]]`, "layer_replication is"},
		{"exclude_modules", `7`, "exclude_modules is"},
		{"exclude_modules", `"("`, "exclude_modules"},
		{"target_parameters", `["w"]`, "target_parameters is"},
		{"trainable_token_indices", `[1]`, "trainable_token_indices is"},
		{"init_lora_weights", `"pissa"`, "changes the base"},
		{"init_lora_weights", `"olora"`, "changes the base"},
		{"megatron_config", `{"a":1}`, "megatron_config is"},
		{"use_dorra", `true`, `unknown key "use_dorra"`},
		{"Use_dora", `true`, "unknown key"},
		{"new_size", `1`, `unknown key "new_size"`},
		{"new_rate", `1e-9`, `unknown key "new_rate"`},
		{"new_list", `[0]`, `unknown key "new_list"`},
		{"new_list", `[[]]`, `unknown key "new_list"`},
		{"new_pattern", `{"a":null}`, `unknown key "new_pattern"`},
		{"new_note", `"false"`, `unknown key "new_note"`},
		{"new_note", `" "`, `unknown key "new_note"`},
		{"a\\nb", `1`, "unknown key"},
	}
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.value, func(t *testing.T) {
			m := plainConfig()
			if m[tt.key] = tt.value; tt.value == "" {
				delete(m, tt.key)
			}
			refusesConfig(t, object(m), tt.want)
		})
	}
}

func TestConfigRefusesJSON(t *testing.T) {
	for in, want := range map[string]string{
		"":                         "EOF",
		"null":                     "no peft_type",
		"[]":                       "array",
		"{":                        "EOF",
		"{} {}":                    "after",
		`{"r":1,"r":1}`:            "duplicate",
		"{\"r\":\"\xff\"}":         "UTF-8",
		`{"lora_alpha":NaN}`:       "invalid",
		strings.Repeat("[", 1<<20): "",
		`{"a":"` + strings.Repeat("x", 1<<20) + `"}`:        "unknown key",
		`{"` + strings.Repeat("x", 1<<20) + `":1}`:          "unknown key",
		`{"use_dora":"` + strings.Repeat("x", 1<<20) + `"}`: "use_dora is",
		`{"use_dora":"\u2028\n"}`:                           "use_dora is",
	} {
		refusesConfig(t, []byte(in), want)
	}
}

// refusesConfig wants a short line of class Invalid that names the file.
func refusesConfig(t *testing.T, b []byte, want string) {
	t.Helper()
	err := adapter.CheckConfig("dir/adapter_config.json", b)
	if fault.ClassOf(err) != fault.Invalid {
		t.Fatalf("class %d of %v", fault.ClassOf(err), err)
	}
	msg := err.Error()
	if !strings.HasPrefix(msg, "dir/adapter_config.json: ") || !strings.Contains(msg, want) || strings.Contains(msg, "\n") || len(msg) > 500 {
		t.Errorf("message %q does not say %q on a short line after the file's name", msg, want)
	}
}

// TestFields: the table is in order, without repeats, and every field has its rule.
func TestFields(t *testing.T) {
	known, _ := adapter.FieldNames()
	if sorted := slices.Compact(slices.Sorted(slices.Values(known))); !slices.Equal(sorted, known) {
		t.Errorf("fields are not in order: %s", cmp.Diff(sorted, known))
	}
	for _, name := range known {
		m := plainConfig()
		if _, ok := m[name]; ok {
			continue
		}
		m[name] = `{"dylora":"never heard of it"}`
		err := adapter.CheckConfig("c", object(m))
		if err != nil && !strings.Contains(err.Error(), name+" is ") && !strings.Contains(err.Error(), name+" has ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzLoadConfig: no adapter_config.json panics or yields a message of many lines, and one
// that is accepted says the rank and the modules.
func FuzzLoadConfig(f *testing.F) {
	f.Add(object(plainConfig()))
	dir := filepath.Join(f.TempDir(), "a")
	if err := adapter.Save(dir, trained(f), nil, adapter.SaveOptions{}); err != nil {
		f.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "adapter_config.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		err := adapter.CheckConfig("c", b)
		if err == nil {
			if !strings.Contains(string(b), "LORA") && !strings.Contains(string(b), `\u`) {
				t.Errorf("accepted without a peft_type: %q", b)
			}
			return
		}
		if fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") || len(err.Error()) > 800 {
			t.Errorf("class %d, message %q", fault.ClassOf(err), err)
		}
	})
}
