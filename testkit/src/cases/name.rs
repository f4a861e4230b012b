//! Section 7.1: names that are safe to use as they are, and names that are not. The body is the name.

use crate::vector::Vector;

pub(super) fn vectors() -> Vec<Vector> {
    let safe = SAFE.iter().map(|(file, name, comment)| (file, name, "ok N-1", comment));
    let bad = UNSAFE
        .iter()
        .map(|(file, name, comment)| (file, name, "unsafe N-1", comment));
    let short: Vec<_> = safe
        .chain(bad)
        .map(|(file, name, verdict, comment)| Vector::new("name", file, verdict, comment).body(*name))
        .collect();
    let collisions = COLLISIONS.iter().map(|(file, one, other, comment)| {
        Vector::new("name", file, "collide N-2", comment)
            .with("other", other)
            .body(*one)
    });
    let mut vectors: Vec<_> = short.into_iter().chain(collisions).collect();
    vectors.push(Vector::new("name", "component_of_255_bytes", "ok N-1", "as long as may be").body("a".repeat(255)));
    vectors
        .push(Vector::new("name", "component_of_256_bytes", "unsafe N-1", "one past the limit").body("a".repeat(256)));
    let cyrillic = Vector::new(
        "name",
        "component_of_256_bytes_in_128_letters",
        "unsafe N-1",
        "bytes count, not letters",
    );
    vectors.push(cyrillic.body("ж".repeat(128)));
    vectors
}

const SAFE: &[(&str, &str, &str)] = &[
    ("plain", "demands.txt", "a file"),
    ("in_a_folder", "notes/2026/january.md", "components"),
    ("of_a_folder", "notes/later/", "the / at the end is an empty folder's"),
    ("hidden_file", ".gitignore", "a dot at the start"),
    ("three_dots_inside", "a...b", "dots inside"),
    ("two_dots_in_front", "..a", "not the component .."),
    ("spaces_inside", "list of members.csv", "spaces inside"),
    ("space_in_front", " a", "a space at the start"),
    ("dash_in_front", "-rf", "an option only to careless programs"),
    ("cyrillic", "требования.txt", "a script from left to right"),
    ("arabic", "مطالب.txt", "a script from right to left, without controls"),
    ("chinese", "要求.txt", "a script without case"),
    ("emoji_with_a_joiner", "👩‍🏭.txt", "U+200D is not a bidirectional control"),
    ("device_name_as_a_part", "console.txt", "CON is only its beginning"),
    (
        "device_name_after_a_dot",
        "a.con",
        "only what stands before the first dot counts",
    ),
    ("com_without_a_digit", "com", "COM alone is no device"),
    ("com10", "com10", "COM0 to COM9 are devices"),
    (
        "quotation_marks_of_print",
        "«a» “b”.txt",
        "only the straight one is refused",
    ),
];

const UNSAFE: &[(&str, &str, &str)] = &[
    ("parent", "..", "the component .."),
    ("climbs", "../a", "the component .."),
    ("climbs_inside", "a/../../b", "the component .."),
    ("climbs_at_the_end", "a/..", "the component .."),
    ("folder_that_climbs", "../", "the component .."),
    ("here", ".", "the component ."),
    ("here_inside", "a/./b", "the component ."),
    ("absolute", "/etc/passwd", "/ at the start"),
    ("slash", "/", "/ at the start"),
    ("empty_component", "a//b", "nothing between two /"),
    ("empty_component_at_the_end", "a//", "nothing before the / of a folder"),
    ("drive_letter", "C:/a", "a drive"),
    ("drive_letter_without_slash", "c:a", "a drive"),
    ("backslash", "a\\b", "a separator on some systems"),
    ("climbs_by_backslash", "..\\a", "a separator on some systems"),
    ("unc_path", "\\\\host\\share", "a share"),
    ("alternate_stream", "a:b", "a colon"),
    ("star", "a*", "one of the refused characters"),
    ("question_mark", "a?", "one of the refused characters"),
    ("quotation_mark", "a\"b", "one of the refused characters"),
    ("less_than", "a<b", "one of the refused characters"),
    ("greater_than", "a>b", "one of the refused characters"),
    ("pipe", "a|b", "one of the refused characters"),
    ("ends_in_a_dot", "a.", "dropped on some systems"),
    ("ends_in_a_space", "a ", "dropped on some systems"),
    ("component_ends_in_a_dot", "a./b", "dropped on some systems"),
    ("component_ends_in_a_space", "a /b", "dropped on some systems"),
    ("folder_ends_in_a_dot", "a./", "dropped on some systems"),
    ("device_con", "CON", "a device"),
    ("device_prn", "prn", "in any case"),
    ("device_aux_with_extension", "Aux.txt", "up to its first dot"),
    ("device_nul_with_two_extensions", "nul.tar.gz", "up to its first dot"),
    ("device_com0", "com0", "COM0"),
    ("device_com9", "COM9.log", "COM9"),
    ("device_lpt1", "lpt1", "LPT1"),
    (
        "device_with_a_space_before_its_dot",
        "CON .txt",
        "the space does not count",
    ),
    ("device_in_a_folder", "a/con/b", "any component"),
    ("folder_of_a_device", "nul/", "the folder's own name"),
    ("nul_byte", "a\0b", "Cc"),
    ("line_feed", "a\nb", "Cc"),
    ("carriage_return", "a\rb", "Cc"),
    ("tab", "a\tb", "Cc"),
    ("escape_sequence", "a\u{1B}[2Jb", "Cc: it would clear a terminal"),
    ("delete", "a\u{7F}b", "Cc"),
    ("control_of_latin_1", "a\u{9B}b", "Cc: CSI in one character"),
    ("next_line", "a\u{85}b", "Cc"),
    ("line_separator", "a\u{2028}b", "U+2028"),
    ("paragraph_separator", "a\u{2029}b", "U+2029"),
    ("right_to_left_override", "invoice\u{202E}fdp.exe", "U+202E"),
    ("left_to_right_embedding", "a\u{202A}b", "U+202A"),
    ("right_to_left_mark", "a\u{200F}b", "U+200F"),
    ("left_to_right_mark", "a\u{200E}b", "U+200E"),
    ("arabic_letter_mark", "a\u{61C}b", "U+061C"),
    ("left_to_right_isolate", "a\u{2066}b", "U+2066"),
    ("pop_directional_isolate", "a\u{2069}b", "U+2069"),
];

const COLLISIONS: &[(&str, &str, &str, &str)] = &[
    ("differ_by_case", "Notes.txt", "notes.TXT", "one file on some systems"),
    (
        "differ_by_normalisation",
        "caf\u{e9}",
        "cafe\u{301}",
        "one file on some systems",
    ),
    (
        "differ_by_case_in_cyrillic",
        "План",
        "план",
        "case is not only of Latin",
    ),
    (
        "differ_by_case_at_the_end_of_a_word",
        "ΟΔΟΣ.txt",
        "οδος.txt",
        "a final sigma has the upper case of the other",
    ),
    (
        "differ_by_a_long_s",
        "miſsive.txt",
        "missive.txt",
        "one upper case, and one file on some systems",
    ),
];
