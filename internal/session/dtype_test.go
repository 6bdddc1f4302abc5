package session

import "testing"

func TestParseDType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"f32": "F32", "f16": "F16", "bf16": "BF16", "": "", "F32": "", "int8": ""} {
		got, err := ParseDType(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}
