package settings

import (
	"strings"
	"testing"
)

func TestBooleanSettings(t *testing.T) {
	check := func(text string, l *Layer, truth bool, want string) {
		t.Helper()
		v, _ := l.Value("allow_pickle")
		if err := l.Err(); want == "" && (err != nil || v != truth) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, %v, want %q", text, v, err, want)
		}
	}
	for text, want := range map[string]string{
		"allow_pickle: true\n": "", "allow_pickle: false\n": "", "allow_pickle: 1\n": "1 is not true or false", "allow_pickle: \"true\"\n": `"true" is not true or false`,
	} {
		check(text, YAMLLayer(File, "x.yaml", []byte(text)), strings.Contains(text, "true"), want)
	}
	for text, want := range map[string]string{"true": "", "false": "", "yes": `"yes" is not true or false`} {
		check(text, EnvLayer([]string{"DYLORA_ALLOW_PICKLE=" + text}), text == "true", want)
	}
}
