"""Folders that Apache would not show are not shown by nginx."""

from pathlib import Path

import pytest

from hivemind_agents.building.files import Files
from hivemind_agents.building.php_access import denied, rewritten_to, scriptless

pytestmark = pytest.mark.fast


def tree(folder: Path, files: dict[str, str]) -> Files:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Files.below(folder)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Require all denied\nSatisfy All\n", True),
        ("order allow,deny\n  Deny from all\n", True),
        ("<IfModule mod_authz_core.c>\nRequire all denied\n</IfModule>\n"
         "<IfModule !mod_authz_core.c>\nDeny from all\n</IfModule>\n", True),
        ("# Deny from all\n", False),
        ("<Files *.log>\nDeny from all\n</Files>\n", False),
        ("<FilesMatch \"^secret\">\nRequire all denied\n</FilesMatch>\n", False),
        ("Deny from all\nAllow from 10.0.0.0/8\n", False),
        ("Require all granted\n", False),
        ("RewriteEngine on\n", False),
    ],
)  # fmt: skip
def test_a_folder_that_nobody_may_read(tmp_path: Path, text: str, kept: bool) -> None:
    """Rules for some files, or for some visitors, are no such thing."""
    files = tree(tmp_path, {"data/.htaccess": text, "data/page.txt": "", "index.php": ""})

    assert (("data",) if kept else ()) == denied(files, ".")


def test_unknown_paths_lead_where_the_rewriting_leads(tmp_path: Path) -> None:
    """The last rule for all that is left, to a page that is there."""
    rules = (
        "RewriteEngine On\nRewriteRule ^gone$ /gone.php [L]\n"
        "RewriteRule ^api/(.*)$ api.php?q=$1 [L]\nRewriteRule ^.*$ /loader.php [L]\n"
    )
    files = tree(tmp_path, {"w/.htaccess": rules, "w/loader.php": "", "w/api.php": ""})

    assert "loader.php" == rewritten_to(files, "w")
    assert rewritten_to(files, ".") is None


def test_folders_are_those_of_the_document_root(tmp_path: Path) -> None:
    """Inner ones go with outer ones; what is outside of the root is not reached anyway."""
    no = "Deny from all\n"
    files = tree(tmp_path, {
        ".htaccess": no, "private/.htaccess": no, "public/.htaccess": no,
        "public/a/.htaccess": no, "public/a/b/.htaccess": no, 'public/x"y/.htaccess': no,
        "public/images/.htaccess": "<IfModule php_module>\nphp_flag engine off\n</IfModule>\n",
    })  # fmt: skip

    assert ("a",) == denied(files, "public")
    assert ("images",) == scriptless(files, "public")
    assert ("private", "public") == denied(files, ".")
