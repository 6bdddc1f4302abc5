package predict

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
)

// two is a classification whose labels are awkward in every format.
var two = &data.Task{Name: "two", Labels: []string{"so, so", `"good"`}}

// through reads an input and prints it with the same logits for each row that has a text.
func through(in Input, p Printing, t *data.Task, logits []float32, text string) (string, error) {
	var out bytes.Buffer
	p.Input, p.Columns, p.Temperature, p.Errors = in.Format, in.Columns, 1, true
	printer, err := NewPrinter(&out, t, p)
	if err != nil {
		return "", err
	}
	in.Name, in.Pass = "in", in.Format.Named() && p.Output.Named()
	in.Convert, in.Reserved = in.Pass && in.Format.table() && p.Output.objects(), printer.Reserved()
	for r, err := range in.Rows(strings.NewReader(text)) {
		if err != nil {
			return out.String(), err
		}
		var l []float32
		if r.Err == nil && !r.Header {
			l = logits
		}
		if err := printer.Print([]*Row{r}, l); err != nil {
			return out.String(), err
		}
	}
	err = printer.Close()
	return out.String(), err
}

// TestThrough: rows of every format go out as they came in, with their answers.
func TestThrough(t *testing.T) {
	ln3 := float32(math.Log(3))
	good := []float32{0, ln3}
	feelings := &data.Task{Name: "feelings", Kind: data.MultiLabel, Labels: []string{"joy", "a, b", "fear"}, Threshold: 0.5}
	moods := &data.Task{Name: "moods", Kind: data.Regression, Labels: []string{"valence", "text"}}
	for name, tt := range map[string]struct {
		in     Input
		p      Printing
		task   *data.Task
		logits []float32
		text   string
		want   string
	}{
		"csv": {Input{Format: CSV}, Printing{Output: CSV}, two, good, "\ufefftext,label\r\n\"a \"\"b\"\"\r\nc\",x\r\n",
			"\ufefftext,label,predicted_label,probability,truncated,error\r\n\"a \"\"b\"\"\r\nc\",x,\"\"\"good\"\"\",0.75,false,\r\n"},
		"csv without an end": {Input{Format: CSV}, Printing{Output: CSV}, two, []float32{ln3, 0}, "text\na", "text,label,probability,truncated,error\na,\"so, so\",0.75,false,\n"},
		"no rows":            {Input{Format: CSV}, Printing{Output: CSV}, two, good, "text\n", "text,label,probability,truncated,error\n"},
		"tsv": {Input{Format: TSV}, Printing{Output: TSV}, two, good, "text\tid\n\"a\t1\n2\n",
			"text\tid\tlabel\tprobability\ttruncated\terror\n\"a\t1\t\"good\"\t0.75\tfalse\t\n2\t\t\t\t\tin: line 3: 1 columns where the header has 2\n"},
		"too many fields": {Input{Format: CSV}, Printing{Output: CSV}, two, good, "text,id\n\"a,b\",\"c\",d\n",
			"text,id,label,probability,truncated,error\n\"a,b\",c,,,,in: line 2: 3 columns where the header has 2\n"},
		"semicolons": {Input{Format: CSV, Columns: Columns{Delimiter: ";"}}, Printing{Output: CSV}, two, []float32{ln3, 0}, "text;x\na;1\n", "text;x;label;probability;truncated;error\na;1;so, so;0.75;false;\n"},
		"csv to objects": {Input{Format: CSV}, Printing{Output: JSONL}, two, good, "text,error\n\"a\nb\",\nc\n",
			`{"text":"a\nb","error":"","index":0,"label":"\"good\"","probability":0.7500000037188914,"probabilities":{"so, so":0.2499999962811086,"\"good\"":0.7500000037188914}}` + "\n" +
				`{"index":1,"predicted_error":"in: line 4: 1 columns where the header has 2"}` + "\n"},
		"objects": {Input{Format: JSONL}, Printing{Output: JSONL, Choice: Choice{Top: 1}}, two, good, "{ }\n" + `{"text":"a","label":1.0 , "z":"\u00e4"}` + "\n\n" + `{"text":"b","index":1}` + "\n",
			`{"index":0,"error":"in: line 1: no key \"text\"; there are: "}` + "\n" +
				`{"index":1,"error":"in: line 2: the key \"label\" is that of an answer, and the first object does not have it: give it to all objects or to none"}` + "\n" +
				`{"index":2,"error":"in: line 4: the key \"index\" is that of an answer, and the first object does not have it: give it to all objects or to none"}` + "\n"},
		"objects with a label": {Input{Format: JSONL}, Printing{Output: JSONL, Choice: Choice{Top: 1}}, two, good, `{"text":"a","label":1.0 , "z":"\u00e4" }` + "\n" + `{"text":"b"}`,
			`{"text":"a","label":1.0 , "z":"\u00e4","index":0,"predicted_label":"\"good\"","probability":0.7500000037188914,"probabilities":{"\"good\"":0.7500000037188914}}` + "\n" +
				`{"text":"b","index":1,"predicted_label":"\"good\"","probability":0.7500000037188914,"probabilities":{"\"good\"":0.7500000037188914}}` + "\n"},
		"an array":          {Input{Format: JSON}, Printing{Output: JSON}, moods, []float32{1, 0.5}, "[{\"text\":\n\"a\"}, 7]", "[\n{\"text\":\n\"a\",\"index\":0,\"scores\":[1,0.5],\"outputs\":[\"valence\",\"text\"]},\n{\"index\":1,\"error\":\"in: line 2, element 2: not a JSON object\"}\n]\n"},
		"an array to lines": {Input{Format: JSON}, Printing{Output: JSONL}, moods, []float32{1, 0.5}, "[{\"text\":\n\"a\", \"n\": 1.0}]", "{\"text\":\"a\",\"n\":1.0,\"index\":0,\"scores\":[1,0.5],\"outputs\":[\"valence\",\"text\"]}\n"},
		"an empty array":    {Input{Format: JSON}, Printing{Output: JSON}, two, good, "[]", "[]\n"},
		"several scores":    {Input{Format: CSV}, Printing{Output: CSV}, moods, []float32{1, 0.5}, "text\na\n", "text,valence,predicted_text,truncated,error\na,1,0.5,false,\n"},
		"several labels":    {Input{Format: CSV}, Printing{Output: CSV}, feelings, []float32{ln3, ln3, 0}, "text\na\n", "text,labels,probabilities,truncated,error\na,\"[\"\"joy\"\",\"\"a, b\"\"]\",\"0.75,0.75\",false,\n"},
		"the likeliest":     {Input{Format: CSV}, Printing{Output: CSV, Choice: Choice{Top: 1}}, feelings, []float32{ln3, 2 * ln3, 0}, "text\na\n", "text,labels,probabilities,truncated,error\na,\"[\"\"a, b\"\"]\",0.9,false,\n"},
		"two labels":        {Input{Format: CSV}, Printing{Output: CSV, Choice: Choice{Top: 2, Threshold: 0.8, Unsure: "unsure"}}, two, good, "text\na\n", "text,label,probability,label_2,probability_2,truncated,error\na,unsure,0.75,\"so, so\",0.25,false,\n"},
		"lines to a table":  {Input{}, Printing{Output: CSV}, two, good, "a\tb\nc\n", "index,label,probability,truncated,error\n0,,,,\"in: line 1: 2 columns, the task takes one text: drop the others, or write JSON lines, where a text may have tabs\"\n1,\"\"\"good\"\"\",0.75,false,\n"},
		"no lines":          {Input{}, Printing{Output: TSV}, two, good, "", "index\tlabel\tprobability\ttruncated\terror\n"},
		"a table to lines":  {Input{Format: CSV}, Printing{Choice: Choice{Top: 2}}, two, good, "text\na\nb,\n", "\"good\"\t0.7500\tso, so\t0.2500\n\t\t\t\terror: in: line 3: 2 columns where the header has 1\n"},
	} {
		got, err := through(tt.in, tt.p, tt.task, tt.logits, tt.text)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, tt.want)
		}
	}
}

// TestThroughRefused: what the rows cannot be passed on with is refused.
func TestThroughRefused(t *testing.T) {
	none := Columns{Quoting: data.QuoteNone}
	for name, tt := range map[string]struct {
		in    Input
		p     Printing
		task  *data.Task
		text  string
		says  string
		class fault.Class
	}{
		"both names":          {Input{Format: CSV}, Printing{Output: CSV}, two, "text,label,predicted_label\n", `the input has the columns "label" and "predicted_label"`, fault.Invalid},
		"both keys":           {Input{Format: JSONL}, Printing{Output: JSONL}, two, `{"text":"a","label":1,"predicted_label":2}`, `the input has the columns "label" and "predicted_label"`, fault.Invalid},
		"a label with commas": {Input{Format: CSV, Columns: none}, Printing{Output: CSV}, two, "", `the label "so, so" cannot stand in a table without quotes`, fault.Invalid},
		"a list of labels":    {Input{Format: CSV, Columns: none}, Printing{Output: CSV}, &data.Task{Kind: data.MultiLabel, Labels: []string{"a"}}, "", "several labels cannot stand in a field without quotes", fault.Invalid},
		"a name twice":        {Input{Format: CSV}, Printing{Output: JSONL}, two, "text,a,a\n", `column "a" is there twice, and an object has a key once`, fault.Invalid},
		"a score's labels":    {Input{}, Printing{Choice: Choice{Top: 1}}, &data.Task{Name: "x", Kind: data.Regression}, "", "task x is a regression", fault.Usage},
		"a bad delimiter":     {Input{Format: CSV, Columns: Columns{Delimiter: "ab"}}, Printing{Output: CSV}, two, "", "delimiter: ", fault.Usage},
	} {
		_, err := through(tt.in, tt.p, tt.task, []float32{0, 1}, tt.text)
		if err == nil || !strings.Contains(err.Error(), tt.says) || fault.ClassOf(err) != tt.class {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestThroughWhole: whatever fields hold, a reader of CSV finds them in front of the answer, and a reader of JSON finds the
// members.
func TestThroughWhole(t *testing.T) {
	field := rapid.StringOf(rapid.SampledFrom([]rune("aäß ,;\t\"'\n{}[]\\😀")))
	rapid.Check(t, func(t *rapid.T) {
		rows := [][]string{{"text", "other"}}
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			rows = append(rows, []string{field.Draw(t, "text"), field.Draw(t, "other")})
		}
		var in bytes.Buffer
		w := csv.NewWriter(&in)
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		blank := slices.ContainsFunc(rows, func(r []string) bool { return strings.TrimSpace(r[0]+r[1]) == "" })
		got, err := through(Input{Format: CSV}, Printing{Output: CSV}, two, []float32{0, 1}, in.String())
		if err != nil {
			t.Fatal(err)
		}
		back, err := csv.NewReader(strings.NewReader(got)).ReadAll()
		if err != nil || len(back) != len(rows) && !blank {
			t.Fatalf("%q: %d rows, %v", got, len(back), err)
		}
		for i, r := range back {
			if !slices.Equal(r[:2], rows[i]) || i > 0 && (r[2] != `"good"` || r[5] != "") {
				t.Fatalf("%q gives %q", rows[i], r)
			}
		}
		got, err = through(Input{Format: CSV}, Printing{Output: JSONL}, two, []float32{0, 1}, in.String())
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
			var o struct{ Text, Other, Label string }
			if err := json.Unmarshal([]byte(line), &o); err != nil || o.Text != rows[i+1][0] || o.Other != rows[i+1][1] || o.Label != `"good"` {
				t.Fatalf("%q gives %+v, %v", rows[i+1], o, err)
			}
		}
	})
}

// FuzzThrough: every output of JSON is JSON, whatever comes in, and a row of it stands in one line.
func FuzzThrough(f *testing.F) {
	f.Add("{\"text\":\"a\"}\n[\n{\"text\":\"\\ud83d\"}")
	f.Add("text,\"a\n")
	f.Add("[{\"text\":\"a\",\n\"label\":2},{}]")
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []Format{Plain, CSV, TSV, JSON, JSONL} {
			got, err := through(Input{Format: format}, Printing{Output: JSONL}, two, []float32{0, 1}, text)
			if err != nil && fault.ClassOf(err) != fault.Invalid {
				t.Errorf("%s %q: %v", format, text, err)
			}
			for _, line := range strings.Split(strings.TrimSuffix(got, "\n"), "\n") {
				if line != "" && !json.Valid([]byte(line)) {
					t.Errorf("%s %q: %q is not JSON", format, text, line)
				}
			}
		}
	})
}
