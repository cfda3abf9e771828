"""Files for --access-keys."""


def key_file(path, **sections):
    """A file in the format of AWS's credentials; of each section the entries without "aws_"."""
    path.write_text("".join(f"[{name}]\n" + "".join(f"aws_{entry} = {value}\n" for entry, value in entries.items())
                            for name, entries in sections.items()))
    return path


def key(name, secret, **more):
    return {"access_key_id": name, "secret_access_key": secret, **more}
