package feed

import (
	"slices"
	"strings"
	"testing"
)

func TestParseReader(t *testing.T) {
	for agent, want := range map[string]Reader{
		"Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)": {"Feedly", 16, ""},
		"FeedlyBot/1.0 (http://feedly.com)":                                                                            {"Feedly", 0, ""},
		"Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 3 subscribers; )":                                      {"Inoreader", 3, ""},
		"NewsBlur Feed Fetcher - 12 subscribers - https://www.newsblur.com/site/7/x (Mozilla/5.0 Gecko Safari/605)":    {"NewsBlur", 12, ""},
		"NewsBlur Feed Fetcher - 1 subscriber - https://www.newsblur.com/site/7/2-readers":                             {"NewsBlur", 1, ""},
		"NewsBlur Feed Fetcher - 1,234 subscribers":                                                                    {"NewsBlur", 1234, ""},
		"Feedbin feed-id:123 - 4 subscribers":                                                                          {"Feedbin", 4, "123"},
		"Mozilla/5.0 (compatible; theoldreader.com; 2 subscribers; feed-id=0719795C4d27)":                              {"The Old Reader", 2, "0719795c4d27"},
		"Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 6 subscribers)":                             {"BazQux", 6, ""},
		"Mozilla/5.0 (compatible; Feedspot/1.0 (+https://www.feedspot.com/fs/fetcher; like FeedFetcher-Google)":        {"Feedspot", 0, ""},
		"Netvibes (http://www.netvibes.com/; 12 subscribers; feedID: 987)":                                             {"Netvibes", 12, "987"},
		"NewsGatorOnline/2.0_(http://www.newsgator.com;_20_subscribers)":                                               {"NewsGator", 20, ""},
		"Feedly/1.0 (99999999999999999999 subscribers)":                                                                {"Feedly", 0, ""},
		"Feedly/1.0 (999999999999 subscribers)":                                                                        {"Feedly", mostSubscribers, ""},
		"Feedly/1.0 (-5 subscribers)":                                                                                  {"Feedly", 5, ""},
		"Feedly/1.0 (many subscribers)":                                                                                {"Feedly", 0, ""},
		"Feedbin feed-id:" + strings.Repeat("9", 1000):                                                                 {"Feedbin", 0, strings.Repeat("9", longestID)},
		"Mozilla/5.0 (compatible; Miniflux/2.2.0; +https://miniflux.app)":                                              {"Miniflux", 0, ""},
		"NetNewsWire (RSS Reader; https://netnewswire.com/)":                                                           {"NetNewsWire", 0, ""},
		"FreshRSS/1.24.1 (Linux; https://freshrss.org)":                                                                {"FreshRSS", 0, ""},
		"newsboat/2.21.0 (Linux x86_64)":                                                                               {"Newsboat", 0, ""},
		"Reeder/5050001 CFNetwork/1408.0.4 Darwin/22.5.0":                                                              {"Reeder", 0, ""},
		"Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.6.1":                                 {"Thunderbird", 0, ""},
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                       {"Browser", 0, ""},
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126 Safari/537": {"Browser", 0, ""},
		"Mozilla/5.0 (compatible; bingbot/2.0)":                                                                        {"Other", 0, ""},
		"MadeUp/1.0 (1000000 subscribers)":                                                                             {"Other", 0, ""},
		"curl/8.9.1":                                                                                                   {"Other", 0, ""},
		"":                                                                                                             {"Other", 0, ""},
	} {
		if got := ParseReader(agent); got != want {
			t.Errorf("%q: %+v, want %+v", agent, got, want)
		}
	}
}

func FuzzParseReader(f *testing.F) {
	f.Add("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)")
	f.Add("Feedbin feed-id:123 - 4 subscribers")
	f.Add("newsblur ,,, subscribers 0,1 readers\xff İ feedid")
	names := readerNames()
	f.Fuzz(func(t *testing.T, agent string) {
		r := ParseReader(agent)
		if !slices.Contains(names, r.Name) || r.Subscribers < 0 || r.Subscribers > mostSubscribers {
			t.Errorf("%q: %+v", agent, r)
		}
		if len(r.FeedID) > longestID || strings.Trim(r.FeedID, "0123456789abcdefghijklmnopqrstuvwxyz-_") != "" {
			t.Errorf("%q: feed id %q", agent, r.FeedID)
		}
	})
}

// readerNames lists the families of readers: few, whatever visitors say.
func readerNames() []string {
	var names []string
	for _, f := range families() {
		if len(names) == 0 || names[len(names)-1] != f.name {
			names = append(names, f.name)
		}
	}
	return append(names, browserName, otherName)
}
