# immich-tui in a container: built from the package registry and this folder alone. Its steps were tried one by
# one on Python 3.13; where this was written no image could be built.
#
#   docker build -t immich-tui .
#   docker run --rm -it -v ~/.config/immich-tui:/home/tui/.config/immich-tui \
#     -v ~/.local/share/immich-tui:/home/tui/.local/share/immich-tui \
#     -v ~/immich-tui-backups:/home/tui/immich-tui-backups immich-tui
#
# The folders on the left must belong to the user with id 1000, or be given with --user. The backups must lie
# outside of the container: without the third volume they would go with it.

FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY immich_tui ./immich_tui
RUN python -m venv /opt/immich-tui \
 && /opt/immich-tui/bin/pip install --no-cache-dir --no-compile -c constraints.txt '.[demo,images]'

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 tui \
 && install -d -o tui -g tui /home/tui/.config/immich-tui /home/tui/.local/share/immich-tui \
    /home/tui/immich-tui-backups
COPY --from=build /opt/immich-tui /opt/immich-tui
ENV PATH=/opt/immich-tui/bin:$PATH LANG=C.UTF-8 COLORTERM=truecolor
USER tui
WORKDIR /home/tui
VOLUME ["/home/tui/immich-tui-backups"]
ENTRYPOINT ["immich-tui"]
