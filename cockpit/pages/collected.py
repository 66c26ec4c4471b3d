"""How static files are collected for the started cockpit: compressed, with a digest of their content in their names."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLES = tuple(entry for entry in CompressedManifestStaticFilesStorage.patterns if entry[0] == "*.css")
IMPORT = r"""(?P<matched>(?P<word>\bfrom|\bimport)\s*["'](?P<url>\./[^"']+)["'])"""


class CollectedFiles(CompressedManifestStaticFilesStorage):
    """A name changes with the content, also where our modules import one another: a browser may keep it for ever.

    Scripts that others wrote are taken as they are.
    """

    patterns = (*STYLES, ("js/*.js", ((IMPORT, '%(word)s "%(url)s"'),)))
    keep_only_hashed_files = True
