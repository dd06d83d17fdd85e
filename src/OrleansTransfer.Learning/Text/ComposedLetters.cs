namespace OrleansTransfer.Learning.Text;

/// <summary>
/// Letters that are one character or a letter and a mark, in pairs: the canonical decompositions into two of the basic plane (Unicode 14). Hangul
/// syllables are not among them: they can be computed.
/// </summary>
internal static class ComposedLetters
{
    /// <summary>For each mark, letters without it and the same letters with it. A mark may have several lines.</summary>
    public static IReadOnlyList<(char Mark, string Plain, string Marked)> Pairs { get; } =
    [
        ('\u0300', "AEIOUaeiouÜüNnЕИеиĒēŌōWwÂâĂăÊêÔôƠơƯưYyἀἁἈἉἐἑἘἙἠἡἨἩἰἱἸἹὀ", "ÀÈÌÒÙàèìòùǛǜǸǹЀЍѐѝḔḕṐṑẀẁẦầẰằỀềỒồỜờỪừỲỳἂἃἊἋἒἓἚἛἢἣἪἫἲἳἺἻὂ"),
        ('\u0300', "ὁὈὉὐὑὙὠὡὨὩαεηιουωΑΕΗ\u1FBFϊΙ\u1FFEϋΥ¨ΟΩ", "ὃὊὋὒὓὛὢὣὪὫὰὲὴὶὸὺὼᾺῈῊ\u1FCDῒῚ\u1FDDῢῪ\u1FEDῸῺ"),
        ('\u0301', "AEIOUYaeiouyCcLlNnRrSsZzÜüGgÅåÆæØø¨ΑΕΗΙΟΥΩϊαεηιϋουωϒГ", "ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹźǗǘǴǵǺǻǼǽǾǿ\u0385ΆΈΉΊΌΎΏΐάέήίΰόύώϓЃ"),
        ('\u0301', "КгкÇçĒēÏïKkMmÕõŌōPpŨũWwÂâĂăÊêÔôƠơƯưἀἁἈἉἐἑἘἙἠἡἨἩἰἱἸἹὀὁὈὉ", "ЌѓќḈḉḖḗḮḯḰḱḾḿṌṍṒṓṔṕṸṹẂẃẤấẮắẾếỐốỚớỨứἄἅἌἍἔἕἜἝἤἥἬἭἴἵἼἽὄὅὌὍ"),
        ('\u0301', "ὐὑὙὠὡὨὩ\u1FBF\u1FFE", "ὔὕὝὤὥὬὭ\u1FCE\u1FDE"),
        ('\u0302', "AEIOUaeiouCcGgHhJjSsWwYyZzẠạẸẹỌọ", "ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷẐẑẬậỆệỘộ"),
        ('\u0303', "ANOanoIiUuVvÂâĂăEeÊêÔôƠơƯưYy", "ÃÑÕãñõĨĩŨũṼṽẪẫẴẵẼẽỄễỖỗỠỡỮữỸỹ"),
        ('\u0304', "AaEeIiOoUuÜüÄäȦȧÆæǪǫÖöÕõȮȯYyИиУуGgḶḷṚṛαΑιΙυΥ", "ĀāĒēĪīŌōŪūǕǖǞǟǠǡǢǣǬǭȪȫȬȭȰȱȲȳӢӣӮӯḠḡḸḹṜṝᾱᾹῑῙῡῩ"),
        ('\u0306', "AaEeGgIiOoUuУИиуЖжАаЕеȨȩẠạαΑιΙυΥ", "ĂăĔĕĞğĬĭŎŏŬŭЎЙйўӁӂӐӑӖӗḜḝẶặᾰᾸῐῘῠῨ"),
        ('\u0307', "CcEeGgIZzAaOoBbDdFfHhMmNnPpRrSsŚśŠšṢṣTtWwXxYyſ", "ĊċĖėĠġİŻżȦȧȮȯḂḃḊḋḞḟḢḣṀṁṄṅṖṗṘṙṠṡṤṥṦṧṨṩṪṫẆẇẊẋẎẏẛ"),
        ('\u0308', "AEIOUaeiouyYΙΥιυϒЕІеіАаӘәЖжЗзИиОоӨөЭэУуЧчЫыHhÕõŪūWwXxt", "ÄËÏÖÜäëïöüÿŸΪΫϊϋϔЁЇёїӒӓӚӛӜӝӞӟӤӥӦӧӪӫӬӭӰӱӴӵӸӹḦḧṎṏṺṻẄẅẌẍẗ"),
        ('\u0309', "AaÂâĂăEeÊêIiOoÔôƠơUuƯưYy", "ẢảẨẩẲẳẺẻỂểỈỉỎỏỔổỞởỦủỬửỶỷ"),
        ('\u030A', "AaUuwy", "ÅåŮůẘẙ"),
        ('\u030B', "OoUuУу", "ŐőŰűӲӳ"),
        ('\u030C', "CcDdEeLlNnRrSsTtZzAaIiOoUuÜüGgKkƷ\u0292jHh", "ČčĎďĚěĽľŇňŘřŠšŤťŽžǍǎǏǐǑǒǓǔǙǚǦǧǨǩǮǯǰȞȟ"),
        ('\u030F', "AaEeIiOoRrUuѴѵ", "ȀȁȄȅȈȉȌȍȐȑȔȕѶѷ"),
        ('\u0311', "AaEeIiOoRrUu", "ȂȃȆȇȊȋȎȏȒȓȖȗ"),
        ('\u0313', "αΑεΕηΗιΙοΟυωΩρ", "ἀἈἐἘἠἨἰἸὀὈὐὠὨῤ"),
        ('\u0314', "αΑεΕηΗιΙοΟυΥωΩρΡ", "ἁἉἑἙἡἩἱἹὁὉὑὙὡὩῥῬ"),
        ('\u031B', "OoUu", "ƠơƯư"),
        ('\u0323', "BbDdHhKkLlMmNnRrSsTtVvWwZzAaEeIiOoƠơUuƯưYy", "ḄḅḌḍḤḥḲḳḶḷṂṃṆṇṚṛṢṣṬṭṾṿẈẉẒẓẠạẸẹỊịỌọỢợỤụỰựỴỵ"),
        ('\u0324', "Uu", "Ṳṳ"),
        ('\u0325', "Aa", "Ḁḁ"),
        ('\u0326', "SsTt", "ȘșȚț"),
        ('\u0327', "CcGgKkLlNnRrSsTtEeDdHh", "ÇçĢģĶķĻļŅņŖŗŞşŢţȨȩḐḑḨḩ"),
        ('\u0328', "AaEeIiUuOo", "ĄąĘęĮįŲųǪǫ"),
        ('\u032D', "DdEeLlNnTtUu", "ḒḓḘḙḼḽṊṋṰṱṶṷ"),
        ('\u032E', "Hh", "Ḫḫ"),
        ('\u0330', "EeIiUu", "ḚḛḬḭṴṵ"),
        ('\u0331', "BbDdKkLlNnRrTtZzh", "ḆḇḎḏḴḵḺḻṈṉṞṟṮṯẔẕẖ"),
        ('\u0338', "\u2190\u2192\u2194\u21D0\u21D4\u21D2\u2203\u2208\u220B", "\u219A\u219B\u21AE\u21CD\u21CE\u21CF\u2204\u2209\u220C"),
        ('\u0338', "\u2223\u2225\u223C\u2243\u2245\u2248=\u2261\u224D<", "\u2224\u2226\u2241\u2244\u2247\u2249\u2260\u2262\u226D\u226E"),
        ('\u0338', ">\u2264\u2265\u2272\u2273\u2276\u2277\u227A\u227B", "\u226F\u2270\u2271\u2274\u2275\u2278\u2279\u2280\u2281"),
        ('\u0338', "\u2282\u2283\u2286\u2287\u22A2\u22A8\u22A9\u22AB\u227C", "\u2284\u2285\u2288\u2289\u22AC\u22AD\u22AE\u22AF\u22E0"),
        ('\u0338', "\u227D\u2291\u2292\u22B2\u22B3\u22B4\u22B5", "\u22E1\u22E2\u22E3\u22EA\u22EB\u22EC\u22ED"),
        ('\u0342', "ἀἁἈἉἠἡἨἩἰἱἸἹὐὑὙὠὡὨὩα¨η\u1FBFιϊ\u1FFEυϋω", "ἆἇἎἏἦἧἮἯἶἷἾἿὖὗὟὦὧὮὯᾶ\u1FC1ῆ\u1FCFῖῗ\u1FDFῦῧῶ"),
        ('\u0345', "ἀἁἂἃἄἅἆἇἈἉἊἋἌἍἎἏἠἡἢἣἤἥἦἧἨἩἪἫἬἭἮἯὠὡὢὣὤὥὦὧὨὩὪὫὬὭὮὯὰαάᾶΑὴη", "ᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯᾲᾳᾴᾷᾼῂῃ"),
        ('\u0345', "ήῆΗὼωώῶΩ", "ῄῇῌῲῳῴῷῼ"),
        ('\u0653', "\u0627", "\u0622"),
        ('\u0654', "\u0627\u0648\u064A\u06D5\u06C1\u06D2", "\u0623\u0624\u0626\u06C0\u06C2\u06D3"),
        ('\u0655', "\u0627", "\u0625"),
        ('\u093C', "\u0928\u0930\u0933", "\u0929\u0931\u0934"),
        ('\u09BE', "\u09C7", "\u09CB"),
        ('\u09D7', "\u09C7", "\u09CC"),
        ('\u0B3E', "\u0B47", "\u0B4B"),
        ('\u0B56', "\u0B47", "\u0B48"),
        ('\u0B57', "\u0B47", "\u0B4C"),
        ('\u0BBE', "\u0BC6\u0BC7", "\u0BCA\u0BCB"),
        ('\u0BD7', "\u0B92\u0BC6", "\u0B94\u0BCC"),
        ('\u0C56', "\u0C46", "\u0C48"),
        ('\u0CC2', "\u0CC6", "\u0CCA"),
        ('\u0CD5', "\u0CBF\u0CC6\u0CCA", "\u0CC0\u0CC7\u0CCB"),
        ('\u0CD6', "\u0CC6", "\u0CC8"),
        ('\u0D3E', "\u0D46\u0D47", "\u0D4A\u0D4B"),
        ('\u0D57', "\u0D46", "\u0D4C"),
        ('\u0DCA', "\u0DD9\u0DDC", "\u0DDA\u0DDD"),
        ('\u0DCF', "\u0DD9", "\u0DDC"),
        ('\u0DDF', "\u0DD9", "\u0DDE"),
        ('\u102E', "\u1025", "\u1026"),
        ('\u1B35', "\u1B05\u1B07\u1B09\u1B0B\u1B0D\u1B11\u1B3A\u1B3C\u1B3E", "\u1B06\u1B08\u1B0A\u1B0C\u1B0E\u1B12\u1B3B\u1B3D\u1B40"),
        ('\u1B35', "\u1B3F\u1B42", "\u1B41\u1B43"),
        ('\u3099', "\u304B\u304D\u304F\u3051\u3053\u3055\u3057\u3059\u305B", "\u304C\u304E\u3050\u3052\u3054\u3056\u3058\u305A\u305C"),
        ('\u3099', "\u305D\u305F\u3061\u3064\u3066\u3068\u306F\u3072\u3075", "\u305E\u3060\u3062\u3065\u3067\u3069\u3070\u3073\u3076"),
        ('\u3099', "\u3078\u307B\u3046\u309D\u30AB\u30AD\u30AF\u30B1\u30B3", "\u3079\u307C\u3094\u309E\u30AC\u30AE\u30B0\u30B2\u30B4"),
        ('\u3099', "\u30B5\u30B7\u30B9\u30BB\u30BD\u30BF\u30C1\u30C4\u30C6", "\u30B6\u30B8\u30BA\u30BC\u30BE\u30C0\u30C2\u30C5\u30C7"),
        ('\u3099', "\u30C8\u30CF\u30D2\u30D5\u30D8\u30DB\u30A6\u30EF\u30F0", "\u30C9\u30D0\u30D3\u30D6\u30D9\u30DC\u30F4\u30F7\u30F8"),
        ('\u3099', "\u30F1\u30F2\u30FD", "\u30F9\u30FA\u30FE"),
        ('\u309A', "\u306F\u3072\u3075\u3078\u307B\u30CF\u30D2\u30D5\u30D8", "\u3071\u3074\u3077\u307A\u307D\u30D1\u30D4\u30D7\u30DA"),
        ('\u309A', "\u30DB", "\u30DD"),
    ];

    /// <summary>
    /// Characters that Unicode wants written as two, as Devanagari's letters with a nukta: each is followed by its two.
    /// </summary>
    public const string AlwaysApart =
        "\u0344\u0308\u0301\u0958\u0915\u093C\u0959\u0916\u093C\u095A\u0917\u093C\u095B\u091C\u093C\u095C\u0921\u093C\u095D\u0922\u093C" +
        "\u095E\u092B\u093C\u095F\u092F\u093C\u09DC\u09A1\u09BC\u09DD\u09A2\u09BC\u09DF\u09AF\u09BC\u0A33\u0A32\u0A3C\u0A36\u0A38\u0A3C" +
        "\u0A59\u0A16\u0A3C\u0A5A\u0A17\u0A3C\u0A5B\u0A1C\u0A3C\u0A5E\u0A2B\u0A3C\u0B5C\u0B21\u0B3C\u0B5D\u0B22\u0B3C\u0F43\u0F42\u0FB7" +
        "\u0F4D\u0F4C\u0FB7\u0F52\u0F51\u0FB7\u0F57\u0F56\u0FB7\u0F5C\u0F5B\u0FB7\u0F69\u0F40\u0FB5\u0F73\u0F71\u0F72\u0F75\u0F71\u0F74" +
        "\u0F76\u0FB2\u0F80\u0F78\u0FB3\u0F80\u0F81\u0F71\u0F80\u0F93\u0F92\u0FB7\u0F9D\u0F9C\u0FB7\u0FA2\u0FA1\u0FB7\u0FA7\u0FA6\u0FB7" +
        "\u0FAC\u0FAB\u0FB7\u0FB9\u0F90\u0FB5\u2ADC\u2ADD\u0338\uFB1D\u05D9\u05B4\uFB1F\u05F2\u05B7\uFB2A\u05E9\u05C1\uFB2B\u05E9\u05C2" +
        "\uFB2C\uFB49\u05C1\uFB2D\uFB49\u05C2\uFB2E\u05D0\u05B7\uFB2F\u05D0\u05B8\uFB30\u05D0\u05BC\uFB31\u05D1\u05BC\uFB32\u05D2\u05BC" +
        "\uFB33\u05D3\u05BC\uFB34\u05D4\u05BC\uFB35\u05D5\u05BC\uFB36\u05D6\u05BC\uFB38\u05D8\u05BC\uFB39\u05D9\u05BC\uFB3A\u05DA\u05BC" +
        "\uFB3B\u05DB\u05BC\uFB3C\u05DC\u05BC\uFB3E\u05DE\u05BC\uFB40\u05E0\u05BC\uFB41\u05E1\u05BC\uFB43\u05E3\u05BC\uFB44\u05E4\u05BC" +
        "\uFB46\u05E6\u05BC\uFB47\u05E7\u05BC\uFB48\u05E8\u05BC\uFB49\u05E9\u05BC\uFB4A\u05EA\u05BC\uFB4B\u05D5\u05B9\uFB4C\u05D1\u05BF" +
        "\uFB4D\u05DB\u05BF\uFB4E\u05E4\u05BF";
}
