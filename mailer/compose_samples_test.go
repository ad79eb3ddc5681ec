package mailer

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"postrider/newsletter"
	"postrider/post"
	"postrider/templates"
)

// composer gives a Composer with the default templates.
func composer(t testing.TB, change ...func(*Identity)) *Composer {
	t.Helper()
	set, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewComposer(set, identity(change...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func identity(change ...func(*Identity)) Identity {
	id := Identity{
		Site: Site{
			Title: "The Ferry House", Description: "Notes from the river", Language: "en",
			URL:           &url.URL{Scheme: "https", Host: "ferry.example.org", Path: "/"},
			Author:        post.Author{Name: "Ada Berg"},
			PostalAddress: "The Ferry House, 1 Quay Street, Port Example",
		},
		From:        Mailbox{"The Ferry House", "news@ferry.example.org"},
		Unsubscribe: "leave@ferry.example.org",
	}
	for _, c := range change {
		c(&id)
	}
	return id
}

func german(id *Identity) { id.Site.Language = "de" }
func chinese(id *Identity) {
	id.Site.Title, id.Site.Language, id.Site.Description = "渡口", "zh", "河边笔记"
}
func arabic(id *Identity) {
	id.Site.Title, id.Site.Language, id.Site.Description = "بيت العبّارة", "ar", "ملاحظات من ضفة النهر"
}

func cutDate() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("CET", 3600)) }

func weekly(articles ...post.Article) Letter {
	return Letter{IssueID: "0f3k7m2q9r5tv", Digest: "weekly", Articles: articles, Full: true, Date: cutDate()}
}

func person() Personal {
	return Personal{
		To: "reader@example.net", Name: "Robin Reader",
		UnsubscribeToken: strings.Repeat("uN-", 13) + "u",
		PreferencesToken: strings.Repeat("pR_", 13) + "p",
		MessageToken:     "k3v8m2q9r5tvw0x1y2z3a4b5c6",
	}
}

// article makes a post as package post would hand it over.
func article(title, html, text string) post.Article {
	slug := fmt.Sprintf("p%d", len(title)+len(text))
	return post.Article{
		Post: post.Post{
			Slug: slug, Published: time.Date(2026, 2, 27, 16, 0, 0, 0, time.UTC),
			Content: post.Content{Title: title},
		},
		URL: "https://ferry.example.org/posts/" + slug, HTML: html, Text: text, Excerpt: templates.Truncate(120, templates.OneLine(strings.SplitN(text, "\n\n", 2)[0])),
	}
}

func latinPost() post.Article {
	a := article("What the river keeps", latinHTML, latinText)
	a.Authors = []post.Author{{Name: "Ada Berg"}, {Name: "Jón Ólafsson"}}
	a.Image, a.ImageAlt = "https://ferry.example.org/images/ice.jpg", "Ice on the river, seen from the jetty"
	return a
}

func chinesePost() post.Article {
	a := article("河水记得什么", "<p>渡口在冬天最安静。船夫把缆绳收好，听冰在船底慢慢裂开。</p>\n<h2>三件小事</h2>\n<ul>\n<li>先看水，再看天</li>\n<li>缆绳要打两个结</li>\n<li>最后一班船从不早走</li>\n</ul>\n<p>更多内容见<a href=\"https://ferry.example.org/zh/winter\">冬季时刻表</a>。</p>\n",
		"渡口在冬天最安静。船夫把缆绳收好，听冰在船底慢慢裂开。\n\n三件小事\n\n- 先看水，再看天\n- 缆绳要打两个结\n- 最后一班船从不早走\n\n更多内容见冬季时刻表 <https://ferry.example.org/zh/winter>。\n")
	a.Lang = "zh"
	return a
}

func arabicPost() post.Article {
	a := article("ما يحفظه النهر", "<p>في الشتاء يهدأ المرسى. يلف الملاح الحبال ويصغي إلى الجليد وهو يتشقق تحت القارب.</p>\n<blockquote>\n<p>انظر إلى الماء أولا، ثم إلى السماء.</p>\n</blockquote>\n<p>للمزيد اقرأ <a href=\"https://ferry.example.org/ar/winter\">مواعيد الشتاء</a>.</p>\n",
		"في الشتاء يهدأ المرسى. يلف الملاح الحبال ويصغي إلى الجليد وهو يتشقق تحت القارب.\n\n> انظر إلى الماء أولا، ثم إلى السماء.\n\nللمزيد اقرأ مواعيد الشتاء <https://ferry.example.org/ar/winter>.\n")
	a.Lang = "ar"
	return a
}

// hostilePost tries to be more than text.
func hostilePost() post.Article {
	a := article("Re: <b>free</b> & \"quotes\"\r\nBcc: victim@example.com\r\n\r\n{{.Email}}",
		"<p>{{.Reader.Email}} {{data.count}} \x01name;html;x\x02 \x03\x04 \x00 =\r\n. \n.\nFrom here =41 &lt;script&gt;</p>",
		"{{.Reader.Email}} {{data.count}} \x01name;text;x\x02 \x03\x04 \x00 =\r\n. \n.\nFrom here =41 <script>\n--postrider-\n")
	a.Authors = []post.Author{{Name: "Eve\r\nX-Injected: yes"}}
	return a
}

const latinHTML = `<p>For eleven winters I have written down when the ice came and when it went. The book lies beside the stove, and <em>nobody</em> reads it but me and <a href="https://example.net/archive?year=2026&amp;lang=en">the archive</a>.</p>
<h2>The book of ice</h2>
<p>Three things are in it, in this order:</p>
<ol>
<li>the day,</li>
<li>the <strong>thickness</strong> at the jetty,</li>
<li>who crossed on foot, and whether we told them not to.</li>
</ol>
<blockquote>
<p>A river is a slow reader, but it forgets nothing.</p>
</blockquote>
<h3>In numbers</h3>
<table>
<thead><tr><th>Winter</th><th align="right">Days of ice</th><th>First crossing</th></tr></thead>
<tbody>
<tr><td>2023/24</td><td align="right">41</td><td>the baker</td></tr>
<tr><td>2024/25</td><td align="right">12</td><td>a dog</td></tr>
<tr><td>2025/26</td><td align="right">57</td><td>the baker, again</td></tr>
</tbody>
</table>
<p>Measured with <code>ice --depth</code>, a script that fits on a card:</p>
<pre><code class="language-go">for day := range winter {
	if depth := measure(day, jetty); depth &gt; 12 { // centimetres, and a long comment that must not widen the mail
		fmt.Println(&#34;you may cross&#34;, day)
	}
}
</code></pre>
<p>That is all it does.<sup id="fnref:1"><a href="#fn:1" class="footnote-ref">1</a></sup></p>
<hr>
<figure><img src="https://ferry.example.org/images/book.jpg" alt="The book, open at February"><figcaption>The book, open at February</figcaption></figure>
<div class="footnotes"><hr><ol><li id="fn:1"><p>It also drinks coffee.&#160;<a href="#fnref:1" class="footnote-backref">↩︎</a></p></li></ol></div>
`

const latinText = `For eleven winters I have written down when the ice came and when it went. The book lies beside the stove, and nobody reads it but me and the archive <https://example.net/archive?year=2026&lang=en>.

The book of ice

Three things are in it, in this order:

1. the day,
2. the thickness at the jetty,
3. who crossed on foot, and whether we told them not to.

> A river is a slow reader, but it forgets nothing.

In numbers

    Winter   Days of ice  First crossing
    2023/24           41  the baker
    2024/25           12  a dog
    2025/26           57  the baker, again

Measured with ice --depth, a script that fits on a card:

    for day := range winter {
    	if depth := measure(day, jetty); depth > 12 { // centimetres, and a long comment that must not widen the mail
    		fmt.Println("you may cross", day)
    	}
    }

That is all it does. [1]

[1] It also drinks coffee.
`

// delivery is a claimed row for the person.
func delivery() Delivery {
	return Delivery{IssueID: "0f3k7m2q9r5tv", Subscriber: newsletter.ID(42), To: "reader@example.net", Name: "Robin Reader"}
}
