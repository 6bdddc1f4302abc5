package schema

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestParseText(t *testing.T) {
	for _, tt := range []struct {
		to   any // a value of the type to read
		text string
		want any // or an error's text
	}{
		{0, "-7", -7},
		{0, "9223372036854775807", math.MaxInt},
		{0, "9223372036854775808", `"9223372036854775808" is not a whole number`},
		{0, "7.0", `"7.0" is not a whole number`},
		{0, "", `"" is not a whole number`},
		{0, " 7", `" 7" is not a whole number`},
		{0, "0x10", `"0x10" is not a whole number`},
		{uint64(0), "18446744073709551615", uint64(math.MaxUint64)},
		{uint64(0), "9007199254740993", uint64(1<<53 + 1)},
		{uint64(0), "18446744073709551616", `"18446744073709551616" is not a whole number from 0 up`},
		{uint64(0), "-1", `"-1" is not a whole number from 0 up`},
		{0.0, "1e-05", 1e-05},
		{0.0, "16", 16.0},
		{0.0, "+Inf", math.Inf(1)},
		{0.0, "NaN", `"NaN" is not a number`},
		{0.0, "1e999", `"1e999" is not a number`},
		{0.0, "1,5", `"1,5" is not a number`},
		{false, "true", true},
		{false, "false", false},
		{false, "True", `"True" is not true or false`},
		{false, "1", `"1" is not true or false`},
		{"", "  kept as it is\n", "  kept as it is\n"},
		{level(""), "low", level("low")},
		{[]int{}, "1", "a setting cannot be of type []int"},
		{int8(0), "1", "a setting cannot be of type int8"},
	} {
		got, err := ParseText(reflect.TypeOf(tt.to), tt.text)
		if err != nil {
			if got != nil {
				t.Errorf("%T %q: a value %v beside the error %v", tt.to, tt.text, got, err)
			}
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%T %q: %#v, want %#v", tt.to, tt.text, got, tt.want)
		}
	}
}

// What a value is written as reads back as that value, with its own type.
func TestParseTextReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64().Draw(t, "number")
		for _, v := range []any{
			rapid.Int().Draw(t, "int"), rapid.Uint64().Draw(t, "uint64"), rapid.Bool().Draw(t, "bool"),
			rapid.String().Draw(t, "text"), level(rapid.String().Draw(t, "level")), x,
		} {
			text := fmt.Sprint(v)
			if f, ok := v.(float64); ok {
				text = strconv.FormatFloat(f, 'g', -1, 64)
			}
			if got, err := ParseText(reflect.TypeOf(v), text); err != nil || got != v {
				t.Errorf("%T %q: %#v, %v", v, text, got, err)
			}
		}
	})
}
