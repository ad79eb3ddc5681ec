package post

import "golang.org/x/text/language"

// Direction is the way a language (BCP 47) is written, as HTML's dir has it: "ltr"
// or "rtl", by its script. One that is not known is written left to right.
func Direction(lang string) string {
	script, _ := language.Make(lang).Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Samr", "Mand":
		return "rtl"
	}
	return "ltr"
}
